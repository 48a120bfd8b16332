#if Slow5
  import CSlow5
  import Glibc

  /// Nanopore reads in a SLOW5 or BLOW5 file, by libslow5: the current in picoampere, each read by its id.
  ///
  /// Source: Gamaarachchi et al., Fast nanopore sequencing data analysis with SLOW5, Nature Biotechnology 40 (2022).
  final class Slow5File: RecordingFile {
    private let path: String
    private let file: UnsafeMutablePointer<slow5_file_t>
    private var record: UnsafeMutablePointer<slow5_rec_t>?

    init(path: String) throws(FileError) {
      slow5_set_log_level(SLOW5_LOG_OFF)
      guard let file = slow5_open(path, "r") else {
        throw FileError(path: path, message: "not a SLOW5 file that can be opened: it is damaged, get it again")
      }
      (self.path, self.file) = (path, file)
    }

    deinit {
      slow5_rec_free(record)
      slow5_close(file)
    }

    func next() throws(FileError) -> (any RecordingSource)? {
      let status = slow5_get_next(&record, file)
      if status == SLOW5_ERR_EOF { return nil }
      guard status >= 0, let read = record?.pointee, let id = read.read_id else {
        throw FileError(
          path: path, message: "a read is damaged (code \(status)), or the file ends too early: get it again")
      }
      let name = String(cString: id)
      guard read.len_raw_signal > 0, let raw = read.raw_signal, read.digitisation != 0, read.sampling_rate > 0 else {
        throw FileError(path: path, message: "the read \(name) has no samples, rate or range: get the file again")
      }
      let scale = read.range / read.digitisation
      let samples = (0..<Int(read.len_raw_signal)).map { Float((Double(raw[$0]) + read.offset) * scale) }
      let header = RecordingHeader(
        name: name, path: path, sampleRateHz: read.sampling_rate,
        channels: [RecordingHeader.Channel(name: "current", units: "pA")], frameCount: samples.count)
      return Recording(header, samples: samples)
    }
  }
#endif
