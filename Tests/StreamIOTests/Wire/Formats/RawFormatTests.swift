import Testing

@testable import StreamIO

@Suite struct RawFormatTests {
  func decode(_ frames: [[UInt8]], type: String, channels: Int = 1, scale: Double = 1) throws -> SampleBlock {
    let layout = try #require(SampleLayout(elementType: type, channels: channels))
    var block = SampleBlock()
    try RawFormat(layout, maximumMessageBytes: 100, scale: scale, offset: 0).decode(ByteFrames(frames), into: &block)
    return block
  }

  func reason(_ frames: [[UInt8]], type: String, channels: Int = 1) -> String? {
    do {
      _ = try decode(frames, type: type, channels: channels)
      return nil
    } catch {
      return (error as? WireError)?.reason
    }
  }

  @Test func readsSamplesOfTheConfiguredTypeAndChannels() throws {
    #expect(
      try decode([[1, 0, 2, 0, 3, 0, 0xFF, 0xFF]], type: "int16", channels: 2, scale: 0.5)
        == SampleBlock(source: nil, channels: 2, samples: [0.5, 1, 1.5, -0.5], maskedSamples: []))
    #expect(try decode([[0x01, 0x02]], type: ">i2").samples == [258])
    #expect(try decode([bytes([1, .nan] as [Double])], type: "<f8").maskedSamples == [1])
    #expect(try decode([[]], type: "float32", channels: 3).frames == 0)
  }

  @Test func aTopicNamesTheStream() throws {
    #expect(try decode([Array("bed-3".utf8), [7]], type: "uint8").source == "bed-3")
    #expect(try decode([[], [7]], type: "uint8").source == nil)
  }

  @Test func refusesWhatIsNotWhole() {
    #expect(reason([[1, 2, 3]], type: "int16") == "length")
    #expect(reason([[1, 2, 3, 4]], type: "int16", channels: 3) == "length")
    #expect(reason([], type: "int16") == "frames")
    #expect(reason([[], [], []], type: "int16") == "frames")
    #expect(reason([[UInt8](repeating: 0, count: 102)], type: "int16") == "size")
    #expect(reason([Array("a\u{7}".utf8), [1, 2]], type: "int16") == "source")
  }

  @Test func oneBlockServesAllFormats() throws {
    let layout = try #require(SampleLayout(elementType: "uint8", channels: 1))
    let formats: [(WireFormat, ByteFrames)] = [
      (.openEphys(OpenEphysFormat(maximumMessageBytes: 1000)), OpenEphysFormatTests.message()),
      (
        .array(ArrayFormat(maximumMessageBytes: 1000)),
        ByteFrames(
          header: #"{"type":"uint8","shape":[1],"start":7,"frame":8,"t_us":9,"units":"V"}"#, payload: [1])
      ),
      (.raw(RawFormat(layout, maximumMessageBytes: 1000)), ByteFrames([[5, 6]])),
    ]
    var block = SampleBlock()
    for (format, message) in formats { #expect(try format.decode(message, into: &block) == .samples) }
    #expect(block == SampleBlock(source: nil, channels: 1, samples: [5, 6], maskedSamples: []))
  }
}
