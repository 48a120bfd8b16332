#if Sndfile
  /// WAV and FLAC files, by libsndfile. PCM becomes -1 ... 1.
  struct SndfileRecording: RecordingSource {
    let header: RecordingHeader
    private let stream: SndfileStream

    init(path: String) throws(FileError) {
      stream = try SndfileStream(path: path)
      header = RecordingHeader(
        name: FilePath.stem(path), path: path, sampleRateHz: Double(stream.sampleRateHz),
        channels: RecordingHeader.Channel.numbered(stream.channels), frameCount: stream.frameCount)
    }

    func read(frames: Range<Int>) throws(FileError) -> [Float] { try stream.floats(frames: frames) }
  }
#endif
