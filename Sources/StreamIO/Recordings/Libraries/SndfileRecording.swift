#if Sndfile
  import CSndfile

  /// WAV and FLAC files, by libsndfile. PCM becomes -1 ... 1.
  final class SndfileRecording: RecordingSource {
    let header: RecordingHeader
    private let file: OpaquePointer
    private var position = 0

    init(path: String) throws(FileError) {
      var info = SF_INFO()
      guard let file = sf_open(path, Int32(SFM_READ), &info) else {
        throw FileError(path: path, message: "not a WAV or FLAC file that can be opened: it is damaged, get it again")
      }
      guard info.channels > 0, info.frames > 0, info.samplerate > 0, info.frames < 1 << 53 else {
        sf_close(file)
        throw FileError(path: path, message: "holds no samples: the file is incomplete, get it again")
      }
      self.file = file
      header = RecordingHeader(
        name: FilePath.stem(path), path: path, sampleRateHz: Double(info.samplerate),
        channels: RecordingHeader.Channel.numbered(Int(info.channels)), frameCount: Int(info.frames))
    }

    deinit { sf_close(file) }

    func read(frames: Range<Int>) throws(FileError) -> [Float] {
      if position != frames.lowerBound, sf_seek(file, sf_count_t(frames.lowerBound), SEEK_SET) != frames.lowerBound {
        throw incomplete(frames.lowerBound)
      }
      var samples = [Float](repeating: 0, count: frames.count * header.channels.count)
      let read = Int(sf_readf_float(file, &samples, sf_count_t(frames.count)))
      position = frames.lowerBound + read
      guard read == frames.count else { throw incomplete(position) }
      return samples
    }

    private func incomplete(_ frame: Int) -> FileError {
      FileError(
        path: header.path,
        message: "can't be read beyond frame \(frame) of \(header.frameCount): the file is incomplete, get it again")
    }
  }
#endif
