import Testing

@testable import StreamIO

/// Messages as gr-zeromq's sinks make them; the bytes of tags follow gr-zeromq/lib/tag_headers.cc and
/// gnuradio-runtime/lib/pmt/pmt_serialize.cc.
@Suite struct GNURadioFormatTests {
  /// The magic number, version 1, offset 290304 and two tags on a little-endian machine.
  static let start: [UInt8] = [
    0xF0, 0x5F, 0x01, 0x00, 0x6E, 0x04, 0, 0, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0,
  ]
  /// rx_time = (1700000000, 0.5) of no source; rx_freq = 0.25 of usrp.
  static let tags: [UInt8] =
    [0x00, 0x6E, 0x04, 0, 0, 0, 0, 0]
    + [0x02, 0x00, 0x07] + Array("rx_time".utf8)
    + [0x0C, 0, 0, 0, 2, 0x0B, 0, 0, 0, 0, 0x65, 0x53, 0xF1, 0x00, 0x04, 0x3F, 0xE0, 0, 0, 0, 0, 0, 0] + [0x01]
    + [0x01, 0x6E, 0x04, 0, 0, 0, 0, 0]
    + [0x02, 0x00, 0x07] + Array("rx_freq".utf8) + [0x04, 0x3F, 0xD0, 0, 0, 0, 0, 0, 0]
    + [0x02, 0x00, 0x04] + Array("usrp".utf8)

  func decode(
    _ frames: [[UInt8]], type: String = "float32", channels: Int = 1, tags: Bool = true
  ) throws -> SampleBlock {
    let layout = try #require(SampleLayout(elementType: type, channels: channels))
    var block = SampleBlock()
    try GNURadioFormat(layout, hasTags: tags, maximumMessageBytes: 1000).decode(ByteFrames(frames), into: &block)
    return block
  }

  func error(_ frames: [[UInt8]], type: String = "float32", channels: Int = 1, tags: Bool = true) -> WireError? {
    do {
      _ = try decode(frames, type: type, channels: channels, tags: tags)
      return nil
    } catch {
      return error as? WireError
    }
  }

  /// A message of one tag with this value, and two items.
  static func message(value: [UInt8]) -> [UInt8] {
    let header: [UInt8] = [0xF0, 0x5F, 0x01] + bytes([5, 1] as [UInt64])
    return header + bytes([5] as [UInt64]) + [0x06] + value + [0x06] + bytes([1, 2] as [Float])
  }

  // MARK: What is understood

  @Test func readsItemsAndTheirPlaceBehindTags() throws {
    let block = try decode([Self.start + Self.tags + bytes([1.5, -2] as [Float])])
    #expect(
      block == SampleBlock(source: nil, channels: 1, samples: [1.5, -2], maskedSamples: [], firstSample: 290_304))
  }

  @Test func theKeyOfAPubSinkNamesTheStream() throws {
    let items = bytes([1, 2] as [Float])
    #expect(try decode([Array("antenna 1".utf8), Self.start + Self.tags + items]).source == "antenna 1")
    #expect(try decode([Array("antenna 1".utf8), items], tags: false).source == "antenna 1")
    #expect(try decode([[], items], tags: false).source == nil)
  }

  @Test func readsItemsAloneWhereTagsAreNotPassed() throws {
    #expect(
      try decode([bytes([1, -2, 3] as [Int16])], type: "int16", tags: false)
        == SampleBlock(source: nil, channels: 1, samples: [1, -2, 3], maskedSamples: []))
  }

  @Test func aComplexItemIsTwoChannels() throws {
    let header: [UInt8] = [0xF0, 0x5F, 0x01] + bytes([7, 0] as [UInt64])
    let block = try decode([header + bytes([1, 2, 3, .infinity] as [Float])], channels: 2)
    #expect(block.channels == 2 && block.frames == 2 && block.firstSample == 7)
    #expect(block.samples == [1, 2, 3, 0] && block.maskedSamples == [3])
  }

  /// Every kind of value that GNU Radio serialises.
  @Test(
    arguments: [
      [0x00], [0x01], [0x06],  // true, false, null
      [0x02, 0, 0],  // a symbol of no letters
      [0x02, 0, 3, 1, 2, 3],
      [0x03, 1, 2, 3, 4],  // int32
      [0x04, 1, 2, 3, 4, 5, 6, 7, 8],  // double
      [0x0B, 1, 2, 3, 4, 5, 6, 7, 8],  // uint64
      [0x0D, 1, 2, 3, 4, 5, 6, 7, 8],  // int64
      [0x05, 1, 2, 3, 4, 5, 6, 7, 8, 1, 2, 3, 4, 5, 6, 7, 8],  // complex
      [0x07, 0x00, 0x01],  // true . false
      [0x07, 0x00, 0x07, 0x01, 0x06],  // the list (true false)
      [0x09, 0x07, 0x02, 0, 1, 65, 0x03, 0, 0, 0, 1, 0x06],  // the dictionary { A: 1 }
      [0x08, 0, 0, 0, 0], [0x08, 0, 0, 0, 2, 0x00, 0x08, 0, 0, 0, 1, 0x06],  // vectors
      [0x0C, 0, 0, 0, 2, 0x00, 0x03, 0, 0, 0, 1],  // a tuple
      [0x0A, 0x00, 0, 0, 0, 2, 1, 0, 9, 9],  // u8, after a byte of padding
      [0x0A, 0x01, 0, 0, 0, 1, 1, 0, 9],
      [0x0A, 0x02, 0, 0, 0, 1, 0, 9, 9], [0x0A, 0x03, 0, 0, 0, 1, 1, 0, 9, 9],  // 2 bytes
      [0x0A, 0x04, 0, 0, 0, 1, 1, 0, 9, 9, 9, 9], [0x0A, 0x05, 0, 0, 0, 1, 1, 0, 9, 9, 9, 9],
      [0x0A, 0x08, 0, 0, 0, 1, 1, 0, 9, 9, 9, 9],  // 4
      [0x0A, 0x06, 0, 0, 0, 1, 1, 0, 9, 9, 9, 9, 9, 9, 9, 9], [0x0A, 0x07, 0, 0, 0, 1, 1, 0, 9, 9, 9, 9, 9, 9, 9, 9],
      [0x0A, 0x09, 0, 0, 0, 1, 1, 0, 9, 9, 9, 9, 9, 9, 9, 9],
      [0x0A, 0x0A, 0, 0, 0, 1, 1, 0, 9, 9, 9, 9, 9, 9, 9, 9],  // 8
      [0x0A, 0x0B, 0, 0, 0, 1, 1, 0] + [UInt8](repeating: 9, count: 16),  // 16
    ] as [[UInt8]])
  func passesOverEveryKindOfValue(value: [UInt8]) throws {
    let message = Self.message(value: value)
    #expect(try GNURadioTagHeader.parse(message.span.bytes).byteCount == message.count - 8)
    #expect(try decode([message]).samples == [1, 2])
  }

  // MARK: What is refused

  @Test func refusesAMessageThatIsCutAnywhere() {
    let header = Self.start + Self.tags
    for count in 0..<header.count {
      #expect(error([Array(header.prefix(count))])?.reason == "header", "\(count) bytes")
    }
    #expect(error([header]) == nil)
    #expect(error([header + [1]])?.reason == "length")
  }

  @Test(arguments: [
    (0, 0xF1), (1, 0x60), (2, 0x00), (2, 0x02),  // magic number and version
    (10, 0x01), (9, 0x20),  // an offset of 2⁵⁶, and of 2⁵³ and more
    (18, 0x80), (12, 0x01), (11, 0x03), (11, 0xFF),  // more tags than there are
  ])
  func refusesAHeaderThatMakesNoSense(place: Int, value: UInt8) {
    var message = Self.start + Self.tags + bytes([1] as [Float])
    message[place] = value
    #expect(error([message])?.reason == "header")
  }

  @Test(
    arguments: [
      [0x0E], [0x3B], [0xFF],  // no kinds of value
      [0x0A, 0x0C, 0, 0, 0, 1, 1, 0, 9],  // no kind of vector
      [0x0A, 0x0B, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF],  // 64 GiB
      [0x08, 0xFF, 0xFF, 0xFF, 0xFF], [0x0C, 0xFF, 0xFF, 0xFF, 0xFF], [0x02, 0xFF, 0xFF],
      [UInt8](repeating: 0x07, count: 900),  // deeper than the message is long
    ] as [[UInt8]])
  func refusesTagsThatMakeNoSense(value: [UInt8]) {
    #expect(error([Self.message(value: value)])?.reason == "header")
  }

  @Test func refusesItemsThatAreNotWhole() throws {
    #expect(error([[1, 2, 3]], type: "int16", tags: false) == .partialFrame(frameBytes: 2, got: 3))
    #expect(error([bytes([1, 2, 3] as [Float])], channels: 2, tags: false)?.reason == "length")
    // A tag header that was not expected is told from that.
    let tagged = try #require(error([Self.start + Self.tags + bytes([1] as [Float])], tags: false))
    #expect(tagged.description.contains("write 'passTags: true'"))
  }

  @Test func refusesAnotherNumberOfFramesAndNames() {
    #expect(error([])?.reason == "frames" && error([[], [], []])?.reason == "frames")
    #expect(error([[0xFF], bytes([1] as [Float])], tags: false)?.reason == "source")
    #expect(error([Array("a\nb".utf8), bytes([1] as [Float])], tags: false)?.reason == "source")
    #expect(error([[UInt8](repeating: 0, count: 1001)], tags: false)?.reason == "size")
  }
}
