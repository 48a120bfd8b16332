import FuzzDriver

@testable import StreamIO

extension Readers {
  /// Messages of a feed: the frames between separators.
  static let wire = Fuzzer("wire", seeds: messages.map(joined)) { bytes in
    let message = Frames(frames: parts(bytes))
    var block = SampleBlock()
    try ArrayFormat(maximumMessageBytes: 1 << 16).decode(message, into: &block)
    require(block.channels >= 1 && block.samples.count == block.frames * block.channels, "samples in whole frames")
    require(block.samples.allSatisfy(\.isFinite), "finite samples")
    require(block.maskedSamples.allSatisfy { block.samples[$0] == 0 }, "what was not finite is 0")
    require(block.sampleRateHz ?? 1 > 0, "a rate above 0")
    require(block.source.map { $0.utf8.count <= StreamName.maximumBytes } ?? true, "a name of bounded length")
    try checkScanner(message.frames[message.count - 2])
    var sent = ArrayMessage(
      source: block.source ?? "x", start: block.firstSample ?? 0, channels: block.channels, samples: block.samples)
    sent.acquisitionMicroseconds = block.acquisitionMicroseconds
    var received = SampleBlock()
    let frames = Frames(frames: sent.encode().map { Array($0) })
    try ArrayFormat(maximumMessageBytes: 1 << 20).decode(frames, into: &received)
    require(received.samples == block.samples && received.channels == block.channels, "what is sent comes again")
  }

  private static let messages: [[[UInt8]]] = [
    [Array(#"{"htype":"array-1.0","shape":[4,2],"type":"int16","frame":7}"#.utf8), Array(1...16)],
    [
      Array("bed-3".utf8), Array(#"{"dtype":"<f4","shape":[3],"t_us":1700000000000000,"start":9007199254740992}"#.utf8),
      Array(1...12),
    ],
    [
      Array("x".utf8),
      Array(#"{"type":"float64","shape":[1,2],"scale":1e300,"offset":-2,"endianness":"big","units":"V"}"#.utf8),
      Array(240...255),
    ],
    [
      Array(#"{"htype":["array-1.0"],"shape":[2,2],"type":"uint8","source":"a\u00e9","sample_rate":1e-300}"#.utf8),
      [1, 2, 3, 4],
    ],
  ]

  /// The scanner of headers agrees with the decoder about whatever it takes.
  private static func checkScanner(_ json: [UInt8]) throws {
    guard let scanned = HeaderScanner.scan(json.span.bytes) else { return }
    require(try ArrayHeader.Keys.decode(json.span.bytes) == scanned, "the scanner reads what the decoder reads")
  }
}

private struct Frames: MessageFrames {
  var frames: [[UInt8]]
  var count: Int { frames.count }

  func withFrame<Result, Failure: Error>(
    _ index: Int, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let frame = frames[index]
    return try body(frame.span.bytes)
  }
}
