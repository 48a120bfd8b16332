import Foundation
import Testing

@testable import StreamIO

@Suite struct ArrayMessageTests {
  @Test func writesWhatTheFormatDescribes() {
    let message = ArrayMessage(
      source: "bed-3", start: 12, acquisitionMicroseconds: 1_700_000_000_000_000, sampleRateHz: 360, units: "mV/s",
      channels: 2, samples: [1, -1, 0.5, 2])
    let frames = message.encode()
    #expect(frames[0] == Data("bed-3".utf8))
    #expect(
      String(decoding: frames[1], as: UTF8.self)
        == #"{"htype":"array-1.0","sample_rate":360,"shape":[2,2],"source":"bed-3","start":12,"#
        + #""t_us":1700000000000000,"type":"float32","units":"mV/s"}"#)
    #expect(Array(frames[2]) == [0, 0, 0x80, 0x3F, 0, 0, 0x80, 0xBF, 0, 0, 0, 0x3F, 0, 0, 0, 0x40])
  }

  @Test func isReadBackAsItWasSent() throws {
    let message = ArrayMessage(
      source: "119", start: 5, acquisitionMicroseconds: -3, sampleRateHz: 0.1, channels: 3,
      samples: [1, 2, .nan, 4, 5, 6])
    let block = try ArrayFormat(maximumMessageBytes: 1000).decode(ByteFrames(message.encode().map(Array.init)))
    #expect(
      block
        == SampleBlock(
          source: "119", channels: 3, samples: [1, 2, 0, 4, 5, 6], maskedSamples: [2], firstSample: 5,
          acquisitionMicroseconds: -3, sampleRateHz: 0.1))
  }
}
