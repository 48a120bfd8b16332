#if Sndfile
  import CSndfile

  /// A sound file that is open, by libsndfile: samples in frames of all channels.
  final class SndfileStream {
    let path: String
    let channels: Int
    let frameCount: Int
    let sampleRateHz: Int
    let isFLAC: Bool
    /// Of a sample of signed PCM, 8, 16, 24 or 32; nil for any other encoding.
    let bits: Int?
    private let file: OpaquePointer
    private var position = 0

    /// Samples that are read at a time: libsndfile returns too few of a longer FLAC part (its issue 431).
    private static let samplesAtOnce = 1 << 20

    /// - Throws: `FileError` where libsndfile can't open the file, or it holds no samples.
    init(path: String) throws(FileError) {
      var info = SF_INFO()
      guard let file = sf_open(path, Int32(SFM_READ), &info) else {
        throw FileError(path: path, message: "not a WAV or FLAC file that can be opened: it is damaged, get it again")
      }
      guard info.channels > 0, info.frames > 0, info.samplerate > 0, info.frames < 1 << 53 else {
        sf_close(file)
        throw FileError(path: path, message: "holds no samples: the file is incomplete, get it again")
      }
      (self.file, self.path) = (file, path)
      (channels, frameCount, sampleRateHz) = (Int(info.channels), Int(info.frames), Int(info.samplerate))
      isFLAC = Int(info.format) & Int(SF_FORMAT_TYPEMASK) == Int(SF_FORMAT_FLAC)
      bits =
        switch Int(info.format) & Int(SF_FORMAT_SUBMASK) {
        case Int(SF_FORMAT_PCM_S8): 8
        case Int(SF_FORMAT_PCM_16): 16
        case Int(SF_FORMAT_PCM_24): 24
        case Int(SF_FORMAT_PCM_32): 32
        default: nil
        }
    }

    deinit { sf_close(file) }

    /// The samples of `frames`, `[frames, channels]`; those of PCM are -1 ... 1.
    ///
    /// - Throws: `FileError` where the file ends before, or is damaged there.
    func floats(frames: Range<Int>) throws(FileError) -> [Float] { try read(frames, with: sf_readf_float) }

    /// The samples of `frames`, `[frames, channels]`; those of PCM fill the high bits of 32.
    ///
    /// - Throws: `FileError` where the file ends before, or is damaged there.
    func integers(frames: Range<Int>) throws(FileError) -> [Int32] { try read(frames, with: sf_readf_int) }

    private func read<Sample: Numeric>(
      _ frames: Range<Int>, with read: (OpaquePointer, UnsafeMutablePointer<Sample>, sf_count_t) -> sf_count_t
    ) throws(FileError) -> [Sample] {
      if position != frames.lowerBound, sf_seek(file, sf_count_t(frames.lowerBound), SEEK_SET) != frames.lowerBound {
        throw unreadable(beyond: frames.lowerBound)
      }
      position = frames.lowerBound
      var samples: [Sample] = []
      samples.reserveCapacity(frames.count * channels)
      let step = max(1, Self.samplesAtOnce / channels)
      while position < frames.upperBound {
        let wanted = min(step, frames.upperBound - position)
        let offset = samples.count
        samples += repeatElement(0, count: wanted * channels)
        let count = samples.withUnsafeMutableBufferPointer {
          Int(read(file, $0.baseAddress! + offset, sf_count_t(wanted)))
        }
        // A part of a FLAC file whose checksum is wrong comes as zeros, with an error.
        guard count == wanted, sf_error(file) == 0 else { throw unreadable(beyond: position) }
        position += count
      }
      return samples
    }

    private func unreadable(beyond frame: Int) -> FileError {
      // Where it is after a failure is not known.
      position = -1
      return FileError(
        path: path,
        message: "can't be read beyond frame \(frame) of \(frameCount): the file is incomplete or damaged, get it again"
      )
    }
  }
#endif
