import Foundation
import Testing

@testable import StreamIO

/// Messages as Source/ZmqInterface.cpp of open-ephys-plugins/zmq-interface makes them: the envelope with its NUL, JUCE's JSON
/// over several lines, float32.
@Suite struct OpenEphysFormatTests {
  let format = OpenEphysFormat(maximumMessageBytes: 1 << 20)

  static func header(
    content: String = """
    "stream": "ProbeA-AP",
        "channel_num": 3,
        "num_samples": 2,
        "sample_num": 290304,
        "sample_rate": 30000.0
    """, type: String = "data", dataSize: Int = 8
  ) -> String {
    """
    {
      "message_num": 17,
      "type": "\(type)",
      "content": {
        \(content)
      },
      "data_size": \(dataSize),
      "timestamp": 1700000000123
    }
    """.replacing("\n", with: "\r\n")
  }

  static func message(
    _ header: String = header(), envelope: String = "DATA\0", _ payload: [UInt8] = bytes([1.5, -2] as [Float])
  ) -> ByteFrames {
    ByteFrames([Array(envelope.utf8), Array(header.utf8), payload])
  }

  func decode(_ message: ByteFrames) throws -> SampleBlock {
    var block = SampleBlock()
    #expect(try format.decode(message, into: &block) == .samples)
    return block
  }

  func content(_ lines: String...) throws -> SampleBlock {
    try decode(Self.message(Self.header(content: lines.joined(separator: ", "))))
  }

  func error(_ message: ByteFrames) -> WireError? {
    var block = SampleBlock()
    do throws(WireError) {
      _ = try format.decode(message, into: &block)
      return nil
    } catch {
      return error
    }
  }

  // MARK: What is understood

  @Test func readsAMessageOfTheZMQInterface() throws {
    #expect(
      try decode(Self.message())
        == SampleBlock(
          source: "ProbeA-AP/3", channels: 1, samples: [1.5, -2], maskedSamples: [], firstSample: 290_304,
          sampleRateHz: 30_000))
    // As plain UTF-8 without a NUL, and on one line, as Python writes it.
    let line = Self.header().split(whereSeparator: \.isNewline).joined()
    #expect(try decode(Self.message(line, envelope: "DATA")) == decode(Self.message()))
  }

  @Test func namesAChannelByItsNameWhereItHasOne() throws {
    let (stream, count) = (#""stream": "Rhythm \u00b5""#, #""num_samples": 2"#)
    #expect(try content(stream, #""channel_name": "CH 4""#, count).source == "Rhythm µ/CH 4")
    #expect(try content(stream, #""channel_num": 0, "channel_name": "ADC1""#, count).source == "Rhythm µ/ADC1")
    #expect(try content(stream, #""channel_num": 0"#, count).source == "Rhythm µ/0")
  }

  @Test func continuityAndRateMayBeAbsent() throws {
    let block = try content(#""stream": "a", "channel_num": 1, "num_samples": 2"#)
    #expect(block.firstSample == nil && block.sampleRateHz == nil && block.messageNumber == nil)
  }

  @Test func scalesSamplesToTheModelsUnits() throws {
    let format = OpenEphysFormat(maximumMessageBytes: 1000, scale: 0.5, offset: 1)
    var block = SampleBlock()
    #expect(try format.decode(Self.message(), into: &block) == .samples)
    #expect(block.samples == [1.75, 0])
  }

  @Test func masksValuesThatAreNotFinite() throws {
    let block = try decode(Self.message(Self.header(), bytes([.nan, 7] as [Float])))
    #expect(block.samples == [0, 7] && block.maskedSamples == [0])
  }

  @Test func acceptsAMessageWithoutSamples() throws {
    let header = Self.header(
      content: #""stream": "a", "channel_num": 1, "num_samples": 0, "sample_num": 5"#, dataSize: 0)
    #expect(try decode(Self.message(header, [])).frames == 0)
  }

  @Test func passesOverEventsAndSpikes() throws {
    var block = SampleBlock()
    let event = Self.header(
      content: #""stream": "a", "source_node": 100, "type": 3, "sample_num": 7"#, type: "event", dataSize: 10)
    let spike = #"{ "message_num": 2, "type": "spike", "spike": { "threshold": [ 1.5, 2.5 ] }, "timestamp": 1 }"#
    for message in [
      Self.message(event, envelope: "EVENT\0", [UInt8](0..<10)),
      ByteFrames([Array("EVENT\0".utf8), Array(event.utf8)]),
      Self.message(spike, envelope: "EVENT\0"), ByteFrames([Array("PARAM\0".utf8), Array("{}".utf8)]),
    ] {
      #expect(try format.decode(message, into: &block) == .other)
    }
  }

  // MARK: What is refused

  @Test func refusesAnotherNumberOfFrames() {
    for count in [0, 1, 4, 9] {
      #expect(error(ByteFrames([[UInt8]](repeating: Array("DATA\0".utf8), count: count)))?.reason == "frames")
    }
    #expect(error(ByteFrames([Array("DATA\0".utf8), Array(Self.header().utf8)]))?.reason == "frames")
  }

  @Test(arguments: ["", "\0", "DATA\0\0", "DAT", "data", "bed-3", String(repeating: "D", count: 10_000)])
  func refusesAnUnknownEnvelope(envelope: String) {
    let refusal = error(Self.message(envelope: envelope))
    #expect(refusal?.reason == "header")
    #expect(refusal.map { $0.description.utf8.count < 300 } == true)
  }

  @Test(arguments: [
    "", "{", "[]", "null", "{}", #"{"type":"data"}"#, #"{"content":7}"#, #"{"content":{}}"#,
    header(type: "spike"), header(dataSize: 12), header(dataSize: -8),
    header(content: #""stream": "a", "channel_num": 1"#),
    header(content: #""stream": "a", "num_samples": 2"#),
    header(content: #""channel_num": 1, "num_samples": 2"#),
    header(content: #""stream": "", "channel_num": 1, "num_samples": 2"#),
    header(content: #""stream": "a", "channel_num": -1, "num_samples": 2"#),
    header(content: #""stream": "a", "channel_num": 1, "num_samples": -2"#),
    header(content: #""stream": "a", "channel_num": 1, "num_samples": 2.5"#),
    header(content: #""stream": "a", "channel_num": 1, "num_samples": 9223372036854775807"#),
    header(content: #""stream": "a", "channel_num": 1, "num_samples": 99999999999999999999"#),
    header(content: #""stream": "a", "channel_num": 1, "num_samples": 2, "sample_num": -1"#),
    header(content: #""stream": "a", "channel_num": 1, "num_samples": 2, "sample_num": 9007199254740993"#),
    header(content: #""stream": "a", "channel_num": 1, "num_samples": 2, "sample_rate": 0"#),
    header(content: #""stream": "a", "channel_num": 1, "num_samples": 2, "sample_rate": 1e999"#),
  ])
  func refusesAHeaderThatMakesNoSense(header: String) {
    #expect(error(Self.message(header))?.reason == "header")
  }

  @Test func refusesAPayloadWhoseLengthDisagrees() {
    #expect(error(Self.message(Self.header(), [1, 2, 3, 4])) == .length(expected: 8, got: 4))
    #expect(error(Self.message(Self.header(), []))?.reason == "length")
    let huge = Self.header(
      content: #""stream": "a", "channel_num": 1, "num_samples": 9007199254740992"#, dataSize: 1 << 55)
    #expect(error(Self.message(huge)) == .length(expected: 1 << 55, got: 8))
  }

  @Test func refusesNamesThatCannotBeAStreams() {
    for stream in [String(repeating: "x", count: 127), "a\\nb", "\\u202e"] {
      let content = "\"stream\": \"\(stream)\", \"channel_num\": 1, \"num_samples\": 2"
      #expect(error(Self.message(Self.header(content: content)))?.reason == "source")
    }
  }

  @Test func saysWhatIsWrongWithMessagesOfOldVersions() throws {
    let old = #""n_channels": 2, "n_samples": 1, "n_real_samples": 1, "timestamp": 7, "sample_rate": 30000"#
    let refusal = try #require(error(Self.message(Self.header(content: old))))
    #expect(
      refusal.description == "header: `n_channels`: a message has all channels, as old versions of the ZMQ Interface "
        + "send them: update the plugin")
  }

  @Test func refusesMessagesBeyondTheLimit() {
    let small = OpenEphysFormat(maximumMessageBytes: 50)
    var block = SampleBlock()
    #expect(throws: WireError.self) { _ = try small.decode(Self.message(), into: &block) }
  }
}
