import StreamIO

/// A recording whose rate the user gives, since it does not say.
struct RatedSource: RecordingSource {
  private var source: any RecordingSource
  private let sampleRateHz: Double

  var header: RecordingHeader {
    var header = source.header
    header.sampleRateHz = sampleRateHz
    return header
  }

  /// - Throws: `FileError` where the recording says another.
  init(_ source: any RecordingSource, sampleRateHz: Double) throws(FileError) {
    (self.source, self.sampleRateHz) = (source, sampleRateHz)
    if let own = source.header.sampleRateHz, own != sampleRateHz {
      throw FileError(
        path: source.header.path,
        message: "has \(Quantity.text(own)) samples a second by itself: leave --sample-rate out")
    }
  }

  mutating func read(frames: Range<Int>) throws(FileError) -> [Float] { try source.read(frames: frames) }
}
