import Foundation
import Testing

@testable import StreamIO

@Suite struct ArrayFormatTests {
  let format = ArrayFormat(maximumMessageBytes: 1 << 20)

  func decode(topic: String? = nil, _ header: String, _ payload: [UInt8]) throws -> SampleBlock {
    try format.decode(ByteFrames(topic: topic, header: header, payload: payload))
  }

  func reason(topic: String? = nil, _ header: String, _ payload: [UInt8] = []) -> String? {
    do {
      _ = try decode(topic: topic, header, payload)
      return nil
    } catch {
      return (error as? WireError)?.reason
    }
  }

  // MARK: What is understood

  @Test func readsTheDetectorHeader() throws {
    let block = try decode(
      #"{"htype":"array-1.0","shape":[2,3],"type":"float32","frame":7,"encoding":"","ndattr":{"a":[1]}}"#,
      bytes([1, 2, 3, 4, 5, 6.5] as [Float]))
    #expect(
      block
        == SampleBlock(source: nil, channels: 3, samples: [1, 2, 3, 4, 5, 6.5], maskedSamples: [], messageNumber: 7))
    #expect(block.frames == 2)
  }

  @Test func readsTheDimensionsOfOlderDetectorPluginsFastestFirst() throws {
    let block = try decode(#"{"htype":["array-1.0"],"shape":[3,2],"type":"uint8"}"#, [1, 2, 3, 4, 5, 6])
    #expect(block.channels == 3 && block.frames == 2)
  }

  @Test func readsThePyzmqRecipe() throws {
    let block = try decode(#"{"dtype": "float32", "shape": [2, 1]}"#, bytes([1, -1] as [Float]))
    #expect(block == SampleBlock(source: nil, channels: 1, samples: [1, -1], maskedSamples: []))
  }

  @Test func readsEveryOptionalKey() throws {
    let block = try decode(
      """
      {"type":"int16","shape":[2],"source":"bed-3","start":290304,"t_us":1700000000000000,"sample_rate":360,
       "units":"mV","endianness":"little","scale":0.005,"offset":-5.12,"frame":12.0,"other":null}
      """, bytes([1024, 1044] as [Int16]))
    #expect(block.source == "bed-3")
    #expect(block.firstSample == 290_304)
    #expect(block.messageNumber == 12)
    #expect(block.acquisitionMicroseconds == 1_700_000_000_000_000)
    #expect(block.sampleRateHz == 360)
    #expect(block.units == "mV")
    #expect(block.samples == [0, 0.1])
  }

  @Test(
    arguments: [
      ("int8", [0x80, 0x7F], [-128, 127]),
      ("|i1", [0xFF, 0x01], [-1, 1]),
      ("uint8", [0x80, 0xFF], [128, 255]),
      ("u1", [0, 1], [0, 1]),
      ("int16", [0x00, 0x80, 0xFF, 0x7F], [-32768, 32767]),
      ("<i2", [0x01, 0x02, 0xFE, 0xFF], [513, -2]),
      (">i2", [0x01, 0x02, 0xFF, 0xFE], [258, -2]),
      ("uint16", [0x00, 0x80, 0xFF, 0xFF], [32768, 65535]),
      (">u2", [0x80, 0x00, 0x00, 0x01], [32768, 1]),
      ("int32", [0x00, 0x00, 0x00, 0x80, 0x01, 0, 0, 0], [-2_147_483_648, 1]),
      ("=i4", [0x02, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF], [2, -1]),
      ("float32", [0x00, 0x00, 0x80, 0x3F, 0x00, 0x00, 0x20, 0xC1], [1, -10]),
      ("f4", [0x00, 0x00, 0x80, 0x3F, 0x00, 0x00, 0x20, 0xC1], [1, -10]),
      (">f4", [0x3F, 0x80, 0x00, 0x00, 0xC1, 0x20, 0x00, 0x00], [1, -10]),
      ("<f8", [0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0x24, 0xC0], [1, -10]),
      ("double", [0, 0, 0, 0, 0, 0, 0xF0, 0x3F, 0, 0, 0, 0, 0, 0, 0x24, 0xC0], [1, -10]),
      (">f8", [0x3F, 0xF0, 0, 0, 0, 0, 0, 0, 0xC0, 0x24, 0, 0, 0, 0, 0, 0], [1, -10]),
    ] as [(String, [UInt8], [Float])])
  func readsEveryElementType(type: String, payload: [UInt8], expected: [Float]) throws {
    #expect(try decode(#"{"dtype":"\#(type)","shape":[2]}"#, payload).samples == expected)
  }

  @Test func readsBigEndianSamplesByTheHeadersKey() throws {
    let payload: [UInt8] = [0x01, 0x02, 0x03, 0x04]
    #expect(try decode(#"{"type":"uint16","shape":[2],"endianness":"big"}"#, payload).samples == [258, 772])
    #expect(try decode(#"{"type":">u2","shape":[2],"endianness":"big"}"#, payload).samples == [258, 772])
    #expect(try decode(#"{"type":"uint16","shape":[2],"encoding":"little"}"#, payload).samples == [513, 1027])
  }

  @Test func readsSamplesAtAnyAlignment() throws {
    let payload = bytes([1, 2, 3] as [Double])
    for shift in 0..<8 {
      let shifted = [UInt8](repeating: 0, count: shift) + payload
      let header = try ArrayHeader.parse(Array(#"{"type":"float64","shape":[3]}"#.utf8).span.bytes)
      var samples: [Float] = []
      try SampleDecoding.decode(
        shifted.span.bytes.extracting(shift..<shift + 24), frames: 3, header.layout, into: &samples)
      #expect(samples == [1, 2, 3])
    }
  }

  /// Every type, byte order and scale, at lengths with and without a rest that fills no vector, against one number at a time.
  @Test(arguments: ElementType.allCases, [ElementType.ByteOrder.little, .big])
  func convertsEveryNumberOfALongMessageAlike(type: ElementType, order: ElementType.ByteOrder) throws {
    var generator = SeededBytes(seed: 3)
    let size = type.byteCount
    for count in [1, 7, 8, 64, 1001] {
      let payload = (0..<count * size).map { _ in UInt8.random(in: 0...255, using: &generator) }
      for (scale, offset) in [(1.0, 0.0), (0.005, -5.12)] {
        let json =
          #"{"type":"\#(type)","shape":[\#(count)],"endianness":"\#(order)","scale":\#(scale),"offset":\#(offset)}"#
        let header = try ArrayHeader.parse(Array(json.utf8).span.bytes)
        var samples: [Float] = []
        try SampleDecoding.decode(payload.span.bytes, frames: count, header.layout, into: &samples)
        let expected = (0..<count).map { index in
          Float(type.value(payload[index * size..<(index + 1) * size], order) * scale + offset)
        }
        #expect(zip(samples, expected).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) })
        #expect(samples.count == count)
      }
    }
  }

  @Test func aBlockServesOneMessageAfterTheOther() throws {
    var block = SampleBlock()
    let long = ByteFrames(
      topic: "a", header: #"{"type":"float32","shape":[3],"start":7,"t_us":8,"units":"V"}"#,
      payload: bytes([1, .nan, 3] as [Float]))
    try format.decode(long, into: &block)
    #expect(block == (try format.decode(long)) && block.maskedSamples == [1])
    let short = ByteFrames(header: #"{"type":"uint8","shape":[1,2]}"#, payload: [5, 6])
    try format.decode(short, into: &block)
    #expect(block == SampleBlock(channels: 2, samples: [5, 6], maskedSamples: []))
  }

  @Test func acceptsAMessageWithoutFrames() throws {
    #expect(try decode(#"{"type":"float32","shape":[0,12],"start":5}"#, []).channels == 12)
    #expect(try decode(#"{"type":"float32","shape":[0]}"#, []).frames == 0)
  }

  @Test func masksValuesThatAreNotFinite() throws {
    let block = try decode(
      #"{"type":"float32","shape":[3,2]}"#, bytes([1, .nan, -.infinity, 4, 5, .infinity] as [Float]))
    #expect(block.samples == [1, 0, 0, 4, 5, 0])
    #expect(block.maskedSamples == [1, 2, 5])
  }

  @Test func masksValuesThatFloat32CannotHold() throws {
    let block = try decode(#"{"type":"float64","shape":[2]}"#, bytes([1e300, 1] as [Double]))
    #expect(block.samples == [0, 1])
    #expect(block.maskedSamples == [0])
    #expect(try decode(#"{"type":"int8","shape":[1],"scale":1e308}"#, [100]).maskedSamples == [0])
  }

  // MARK: Stream ids

  @Test func takesTheStreamFromTheHeaderElseTheTopic() throws {
    let plain = #"{"type":"uint8","shape":[1]}"#
    let named = #"{"type":"uint8","shape":[1],"source":"bed-3"}"#
    #expect(try decode(topic: nil, plain, [1]).source == nil)
    #expect(try decode(topic: "", plain, [1]).source == nil)
    #expect(try decode(topic: "motor 7 · x", plain, [1]).source == "motor 7 · x")
    #expect(try decode(topic: "ward-2/bed-3", plain, [1]).source == "ward-2/bed-3")
    #expect(try decode(topic: "motor", named, [1]).source == "bed-3")
    // The topic is not a name then, and may be anything.
    #expect(try decode(topic: "a/b\n", named, [1]).source == "bed-3")
    #expect(try decode(topic: "motor", #"{"type":"uint8","shape":[1],"source":""}"#, [1]).source == "motor")
  }

  @Test(arguments: [
    "a\nb", "a\u{0}b", "\u{7F}", "a\u{202E}b", "a\u{2028}", String(repeating: "é", count: 65),
    // An e with its accent apart, which Swift takes for the one letter and topics do not.
    "cafe\u{301}",
  ])
  func refusesWhatCannotBeAStreamName(name: String) {
    #expect(reason(topic: name, #"{"type":"uint8","shape":[1]}"#, [1]) == "source")
    let json = String(decoding: WireJSON.encode(name), as: UTF8.self)
    #expect(reason(#"{"type":"uint8","shape":[1],"source":\#(json)}"#, [1]) == "source")
  }

  @Test func acceptsANameOf128Bytes() throws {
    let name = String(repeating: "é", count: 64)
    #expect(try decode(topic: name, #"{"type":"uint8","shape":[1]}"#, [1]).source == name)
  }

  @Test func refusesATopicThatIsNotText() {
    let message = ByteFrames([[0xFF, 0xFE], Array(#"{"type":"uint8","shape":[1]}"#.utf8), [1]])
    #expect(throws: WireError.source(got: "\u{FFFD}\u{FFFD}", problem: "is not UTF-8")) { try format.decode(message) }
  }

  // MARK: What is refused

  @Test(arguments: [0, 1, 4, 9])
  func refusesAnotherNumberOfFrames(count: Int) {
    #expect(throws: WireError.frames(expected: "[topic,] header, payload: 2 or 3 frames", got: count)) {
      try format.decode(ByteFrames([[UInt8]](repeating: [], count: count)))
    }
  }

  @Test(arguments: [
    "", "{", "[]", "null", "12", #""text""#, "\u{0}", #"{"type":"float32"}"#, #"{"shape":[1]}"#,
    #"{"type":5,"shape":[1]}"#, #"{"type":"float32","shape":"1"}"#, #"{"type":"float32","shape":[1.5]}"#,
    #"{"type":"float32","shape":[99999999999999999999]}"#, #"{"type":"float32","shape":[1],"start":-1}"#,
    #"{"type":"float32","shape":[1],"start":9007199254740993}"#, #"{"type":"float32","shape":[1],"start":1.5}"#,
    #"{"type":"float32","shape":[1],"frame":-1}"#, #"{"type":"float32","shape":[1],"t_us":9223372036854775807}"#,
    #"{"type":"float32","shape":[1],"t_us":"now"}"#, #"{"type":"float32","shape":[1],"sample_rate":0}"#,
    #"{"type":"float32","shape":[1],"sample_rate":-360}"#, #"{"type":"float32","shape":[1],"sample_rate":1e999}"#,
    #"{"type":"float32","shape":[1],"scale":1e999}"#, #"{"type":"float32","shape":[1],"source":7}"#,
    #"{"type":"float32","shape":[1],"endianness":"middle"}"#, #"{"type":"<f4","shape":[1],"endianness":"big"}"#,
    #"{"type":"float32","dtype":"int32","shape":[1]}"#, #"{"htype":"chunk-1.0","type":"float32","shape":[1]}"#,
    #"{"htype":{},"type":"float32","shape":[1]}"#, #"{"type":"float32","shape":[1],"encoding":"bslz4"}"#,
  ])
  func refusesAHeaderThatMakesNoSense(header: String) {
    #expect(reason(header, [0, 0, 0, 0]) == "header")
  }

  @Test func refusesAHeaderTooLongToBeOne() {
    #expect(
      reason(#"{"type":"uint8","shape":[1],"note":"\#(String(repeating: "x", count: 70_000))"}"#, [1]) == "header")
    #expect(reason(String(repeating: "[", count: 60_000)) == "header")
  }

  @Test(arguments: ["float16", "<c8", "<F4", "<i8", "uint64", "", "<", "float", "Float32", "é", "<<f4", "f", "O"])
  func refusesATypeThatIsNotKnown(type: String) {
    #expect(reason(#"{"type":"\#(type)","shape":[1]}"#, [0, 0, 0, 0]) == "type")
  }

  @Test(arguments: ["[]", "[1,1,1]", "[-1]", "[1,0]", "[-1,-1]", "[0,0]", "[1,-9223372036854775808]"])
  func refusesAShapeThatIsNotKnown(shape: String) {
    #expect(reason(#"{"type":"float32","shape":\#(shape)}"#, [0, 0, 0, 0]) == "shape")
  }

  @Test(arguments: ["[2]", "[0]", "[4611686018427387904,4]", "[9223372036854775807]", "[3,4611686018427387904]"])
  func refusesAPayloadWhoseLengthDisagrees(shape: String) {
    #expect(reason(#"{"type":"float32","shape":\#(shape)}"#, [0, 0, 0, 0]) == "length")
  }

  @Test func refusesMessagesBeyondTheLimit() throws {
    let header = #"{"type":"uint8","shape":[100]}"#
    let message = ByteFrames(header: header, payload: [UInt8](repeating: 1, count: 100))
    let size = header.utf8.count + 100
    #expect(try ArrayFormat(maximumMessageBytes: size).decode(message).frames == 100)
    #expect(throws: WireError.size(limit: size - 1, got: size)) {
      try ArrayFormat(maximumMessageBytes: size - 1).decode(message)
    }
  }

  @Test func describesWhatWasExpectedAndWhatCame() {
    #expect(
      "\(WireError.frames(expected: "[topic,] header, payload: 2 or 3 frames", got: 1))"
        == "expected [topic,] header, payload: 2 or 3 frames; the message has 1")
    #expect(
      "\(WireError.length(expected: 8, got: 4))"
        == "expected a payload of 8 bytes by the header; it has 4")
    #expect(
      "\(WireError.source(got: "a\nb", problem: "contains a control character"))"
        == "stream id 'a\\u{a}b' contains a control character; let the sender use another")
    #expect("\(WireError.type(got: String(repeating: "x", count: 500)))".utf8.count < 200)
  }
}

extension ElementType {
  /// One number, put together byte by byte.
  fileprivate func value(_ bytes: ArraySlice<UInt8>, _ order: ByteOrder) -> Double {
    let bits = (order == .big ? Array(bytes) : bytes.reversed()).reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
    return switch self {
    case .int8: Double(Int8(truncatingIfNeeded: bits))
    case .uint8: Double(UInt8(truncatingIfNeeded: bits))
    case .int16: Double(Int16(truncatingIfNeeded: bits))
    case .uint16: Double(UInt16(truncatingIfNeeded: bits))
    case .int32: Double(Int32(truncatingIfNeeded: bits))
    case .float32: Double(Float(bitPattern: UInt32(bits)))
    case .float64: Double(bitPattern: bits)
    }
  }
}
