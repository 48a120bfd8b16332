import FuzzDriver

@testable import StreamIO

extension Readers {
  /// Messages of a feed, a fuzzer for each format: the frames between separators.
  static let wire = [array, openEphys, gnuRadio, raw]

  private static let array = Fuzzer("wire", seeds: messages.map(joined)) { bytes in
    let message = Frames(frames: parts(bytes))
    let block = try decode(message, .array(ArrayFormat(maximumMessageBytes: 1 << 16))).block
    try checkScanner(message.frames[message.count - 2], ArrayHeader.Keys.self)
    var sent = ArrayMessage(
      source: block.source ?? "x", start: block.firstSample ?? 0, channels: block.channels, samples: block.samples)
    sent.acquisitionMicroseconds = block.acquisitionMicroseconds
    var received = SampleBlock()
    let frames = Frames(frames: sent.encode().map { Array($0) })
    try ArrayFormat(maximumMessageBytes: 1 << 20).decode(frames, into: &received)
    require(received.samples == block.samples && received.channels == block.channels, "what is sent comes again")
  }

  private static let openEphys = Fuzzer("wire-openephys", seeds: openEphysMessages.map(joined)) { bytes in
    let message = Frames(frames: parts(bytes))
    let (content, block) = try decode(message, .openEphys(OpenEphysFormat(maximumMessageBytes: 1 << 16)))
    guard content == .samples else { return }
    require(block.channels == 1 && block.source != nil, "one channel, which has a name")
    try checkScanner(message.frames[1], OpenEphysHeader.Keys.self)
  }

  /// The first byte says whether tags are passed, and how many channels there are.
  private static let gnuRadio = Fuzzer("wire-gnuradio", seeds: gnuRadioMessages.map { [1] + joined($0) }) { bytes in
    guard let first = bytes.first, let layout = SampleLayout(elementType: "int16", channels: Int(first / 2) + 1) else {
      return
    }
    let message = Frames(frames: parts(Array(bytes.dropFirst())))
    let format = GNURadioFormat(layout, hasTags: !first.isMultiple(of: 2), maximumMessageBytes: 1 << 16)
    let block = try decode(message, .gnuRadio(format)).block
    require(block.channels == layout.channels, "the channels that are configured")
  }

  /// The first byte says the type and how many channels there are.
  private static let raw = Fuzzer("wire-raw", seeds: [[9] + joined([[98, 101, 100], Array(1...16)])]) { bytes in
    guard let first = bytes.first else { return }
    let types = ElementType.allCases
    let layout = SampleLayout(
      type: types[Int(first) % types.count], order: first < 128 ? .little : .big, channels: Int(first) / types.count + 1
    )
    let message = Frames(frames: parts(Array(bytes.dropFirst())))
    let block = try decode(message, .raw(RawFormat(layout, maximumMessageBytes: 1 << 16))).block
    require(
      block.frames * layout.frameBytes == message.frames[message.count - 1].count, "all that was sent, and no more")
  }

  /// What a message carries, which keeps what every format promises.
  private static func decode(
    _ message: Frames, _ format: WireFormat
  ) throws -> (content: MessageContent, block: SampleBlock) {
    var block = SampleBlock()
    let content = try format.decode(message, into: &block)
    require(block.channels >= 1 && block.samples.count == block.frames * block.channels, "samples in whole frames")
    require(block.samples.allSatisfy(\.isFinite), "finite samples")
    require(block.maskedSamples.allSatisfy { block.samples[$0] == 0 }, "what was not finite is 0")
    require(block.sampleRateHz ?? 1 > 0, "a rate above 0")
    require(block.firstSample.map { (0...1 << 53).contains($0) } ?? true, "a place that JSON can hold")
    require(block.source.map { $0.utf8.count <= StreamName.maximumBytes } ?? true, "a name of bounded length")
    return (content, block)
  }

  private static let openEphysMessages: [[[UInt8]]] = [
    [
      Array("DATA\0".utf8),
      Array(
        #"{"message_num":1,"type":"data","data_size":8,"timestamp":1700000000000,"content":{"stream":"ProbeA","#.utf8)
        + Array(#""channel_num":3,"num_samples":2,"sample_num":290304,"sample_rate":30000.0}}"#.utf8),
      Array(1...8),
    ],
    [
      Array("DATA\0".utf8), Array(#"{"content":{"stream":"a\u00e9","channel_name":"CH1","num_samples":1}}"#.utf8),
      Array(1...4),
    ],
    [Array("EVENT\0".utf8), Array(#"{"type":"event","content":{"type":3}}"#.utf8)],
  ]

  /// With tags: a time (a tuple), a dictionary and a vector.
  private static let gnuRadioMessages: [[[UInt8]]] = [
    [
      Array("antenna".utf8),
      [0xF0, 0x5F, 1, 7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0] + [7, 0, 0, 0, 0, 0, 0, 0]
        + [2, 0, 1, 65, 12, 0, 0, 0, 2, 11, 0, 0, 0, 0, 0, 0, 0, 1, 4, 63, 224, 0, 0, 0, 0, 0, 0, 1] + Array(1...8),
    ],
    [
      [0xF0, 0x5F, 1, 7, 0, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0] + [7, 0, 0, 0, 0, 0, 0, 0]
        + [6, 9, 7, 2, 0, 1, 65, 3, 0, 0, 0, 1, 6, 10, 2, 0, 0, 0, 2, 1, 0, 1, 2, 3, 4] + Array(1...8)
    ],
  ]

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
  private static func checkScanner<Keys: HeaderKeys>(_ json: [UInt8], _ type: Keys.Type) throws {
    guard let scanned: Keys = HeaderScanner.scan(json.span.bytes) else { return }
    require(try Keys.decode(json.span.bytes) == scanned, "the scanner reads what the decoder reads")
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
