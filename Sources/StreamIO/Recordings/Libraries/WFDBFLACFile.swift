#if Sndfile
  /// A WFDB signal file of format 508, 516 or 524: a FLAC stream with a channel for each signal, whose rate says nothing. An
  /// offset in the header counts its frames.
  struct WFDBFLACFile: WFDBSampleFile {
    let sampleCount: Int
    private let stream: SndfileStream
    private let firstFrame: Int
    private let samplesPerFrame: Int
    // Of 32, that lie under the stream's.
    private let unusedBits: Int

    /// - Throws: `FileError` where the file is no FLAC file, or does not agree with the header.
    init(path: String, signals: [WFDBHeader.Signal]) throws(FileError) {
      func error(_ message: String) -> FileError { FileError(path: path, message: message) }
      // What is missing or no file has the messages of other signal files.
      _ = try FileReader(path: path)
      stream = try SndfileStream(path: path)
      let format = signals[0].format.rawValue
      let perFrame = signals[0].samplesPerFrame
      (samplesPerFrame, firstFrame) = (perFrame, signals[0].byteOffset)
      guard stream.isFLAC, let bits = stream.bits, bits <= format - 500 else {
        throw error(
          "is no FLAC file of up to \(format - 500) bits a sample, which format \(format) is: check the header")
      }
      guard stream.channels == signals.count, signals.allSatisfy({ $0.samplesPerFrame == perFrame }) else {
        throw error(
          "has \(stream.channels) channels of one rate, the header \(signals.count) signals that should be them: "
            + "check the header")
      }
      guard firstFrame <= stream.frameCount else {
        throw error(
          "holds \(stream.frameCount) samples a signal, but they should begin behind sample \(firstFrame): "
            + "the file is incomplete, get it again")
      }
      unusedBits = 32 - bits
      sampleCount = (stream.frameCount - firstFrame) / samplesPerFrame * samplesPerFrame * stream.channels
    }

    func isFilling(behind count: Int) -> Bool { false }

    func samples(_ range: Range<Int>) throws(FileError) -> [Int32] {
      let channels = stream.channels
      let block = samplesPerFrame * channels
      let start = range.lowerBound / block * samplesPerFrame
      let end = (range.upperBound + block - 1) / block * samplesPerFrame
      let read = try stream.integers(frames: firstFrame + start..<firstFrame + end)
      // In the stream the channels alternate sample by sample, in a record signals do frame by frame.
      return range.map { index in
        let (frame, place) = index.quotientAndRemainder(dividingBy: block)
        let (channel, sample) = place.quotientAndRemainder(dividingBy: samplesPerFrame)
        return read[(frame * samplesPerFrame + sample - start) * channels + channel] >> unusedBits
      }
    }
  }
#endif
