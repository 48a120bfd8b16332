#if HDF5
  import CHDF5
  import Foundation

  /// A dataset of an HDF5 file, or a variable of a MATLAB file of version 7.3: a vector, or a matrix whose longer side is time. The attribute `sample_rate`,
  /// `sampling_rate`, `fs` or `sfreq` of the dataset, or of the file, is its rate.
  final class HDF5Recording: RecordingSource {
    private(set) var header: RecordingHeader
    private let file: hid_t
    private let dataset: hid_t
    private let isTimeFirst: Bool
    private let rank: Int

    init(path: String, dataset wanted: String?) throws(FileError) {
      OptionalFormats.hdf5Lock.lock()
      defer { OptionalFormats.hdf5Lock.unlock() }
      sigstreamd_hdf5_silence()
      let file = sigstreamd_hdf5_open(path)
      guard file >= 0 else {
        throw FileError(path: path, message: "not an HDF5 file that can be opened: it is damaged, get it again")
      }
      let name: String
      do throws(FileError) {
        name = try OptionalFormats.choose(wanted, among: Self.signals(of: file), what: "dataset", path: path)
      } catch {
        H5Fclose(file)
        throw error
      }
      let dataset = H5Dopen2(file, name, 0)
      var dimensions: [hsize_t] = [0, 1]
      let rank = dataset < 0 ? -1 : Int(sigstreamd_hdf5_shape(dataset, &dimensions))
      guard (1...2).contains(rank), let frames = Int(exactly: max(dimensions[0], dimensions[1])), frames < 1 << 53,
        let channels = Int(exactly: min(dimensions[0], dimensions[1])), channels > 0, channels < 1 << 16
      else {
        if dataset >= 0 { H5Dclose(dataset) }
        H5Fclose(file)
        throw FileError(path: path, message: "'\(name)' can't be read: the file is damaged, get it again")
      }
      (self.file, self.dataset, self.rank) = (file, dataset, rank)
      isTimeFirst = dimensions[0] >= dimensions[1]
      header = RecordingHeader(
        name: FilePath.stem(path), path: path, sampleRateHz: nil,
        channels: RecordingHeader.Channel.numbered(channels), frameCount: frames)
      for attribute in ["sample_rate", "sampling_rate", "fs", "sfreq"] where header.sampleRateHz == nil {
        let rate = max(sigstreamd_hdf5_number(dataset, attribute), sigstreamd_hdf5_number(file, attribute))
        if rate.isFinite && rate > 0 { header.sampleRateHz = rate }
      }
    }

    deinit {
      OptionalFormats.hdf5Lock.lock()
      defer { OptionalFormats.hdf5Lock.unlock() }
      H5Dclose(dataset)
      H5Fclose(file)
    }

    func read(frames: Range<Int>) throws(FileError) -> [Float] {
      let channels = header.channels.count
      guard !frames.isEmpty else { return [] }
      var start: [hsize_t] = [hsize_t(frames.lowerBound), 0]
      var count: [hsize_t] = [hsize_t(frames.count), hsize_t(channels)]
      if !isTimeFirst {
        start.swapAt(0, 1)
        count.swapAt(0, 1)
      }
      OptionalFormats.hdf5Lock.lock()
      defer { OptionalFormats.hdf5Lock.unlock() }
      var values = [Float](repeating: 0, count: frames.count * channels)
      guard sigstreamd_hdf5_read(dataset, Int32(rank), start, count, &values) >= 0 else {
        throw FileError(path: header.path, message: "can't be read: the file is incomplete or damaged, get it again")
      }
      guard !isTimeFirst else { return values }
      return (0..<frames.count).flatMap { frame in (0..<channels).map { values[$0 * frames.count + frame] } }
    }

    /// The names of the datasets that are numbers in one or two dimensions, more than one of them.
    private static func signals(of file: hid_t) -> [String] {
      guard let list = sigstreamd_hdf5_signals(file) else { return [] }
      defer { sigstreamd_hdf5_free(list) }
      return String(cString: list).split(separator: "\n").map(String.init)
    }
  }
#endif
