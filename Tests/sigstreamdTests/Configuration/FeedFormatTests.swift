import StreamIO
import Testing

@testable import sigstreamd

/// The formats of messages as they are configured.
struct FeedFormatTests {
  private func text(_ keys: String) -> String {
    ConfigurationTests.minimal.replacing("name: ecg", with: "name: ecg, \(keys)")
  }

  private func format(_ keys: String) throws -> FeedConfiguration.Format {
    try #require(ConfigurationSample.parse(text(keys)).feeds.first).format
  }

  @Test func everyFormatIsReadAndTold() throws {
    let formats = try [
      "format: array", "format: openephys", "format: raw, elementType: float32",
      "format: raw, elementType: \">i2\", channelCount: 12", "format: gnuradio, elementType: uint8",
      "format: gnuradio, elementType: float32, channelCount: 2, passTags: true",
    ].map(format)
    #expect(
      formats.map(\.text) == [
        "array", "openephys", "raw float32", "raw 12 x int16 (big-endian)", "gnuradio uint8",
        "gnuradio 2 x float32, tags",
      ])
    #expect(formats.map(\.channels) == [nil, 1, 1, 12, 1, 2])
    let complex = try #require(SampleLayout(elementType: "float32", channels: 2))
    #expect(formats.last == .gnuRadio(complex, hasTags: true))
  }

  @Test(arguments: [
    (
      "format: raw",
      "format: messages of raw don't say what their samples are: write for example 'elementType: float32' and, for more than "
        + "one, 'channelCount: 2'"
    ),
    ("format: gnuradio, passTags: true", "format: messages of gnuradio don't say what their samples are: "),
    (
      "elementType: int16",
      "elementType: the header of an array says it: remove 'elementType', or write 'format: raw' or 'format: gnuradio'"
    ),
    (
      "format: openephys, channelCount: 4",
      "channelCount: openephys messages have one channel of float32: remove 'channelCount', or write 'format: raw'"
    ),
    (
      "format: raw, elementType: float32, passTags: false",
      "passTags: only GNU Radio's sinks pass tags: remove 'passTags', or write 'format: gnuradio'"
    ),
    (
      "format: raw, elementType: complex64",
      "elementType: expected one of int8, uint8, int16, uint16, int32, float32, float64, or NumPy's code such as '<i2' or "
        + "'>f4', got 'complex64': write for example 'elementType: float32'"
    ),
    (
      "format: raw, elementType: int16, channelCount: 0",
      "channelCount: expected a whole number from 1 to 65536, got '0': write for example 'channelCount: 2'"
    ),
    (
      "format: openEphys",
      "format: expected one of array, openephys, gnuradio, raw, got 'openEphys': write for example "
    ),
    (
      "format: openephys, channels: separate",
      "channels: openephys messages have one channel each, which is a stream of its own anyway: remove 'channels'"
    ),
    (
      "format: openephys, select: [ 0, 3 ]",
      "select: openephys messages have one channel each: remove 'select', and choose channels in the ZMQ Interface's "
        + "editor"
    ),
    (
      "format: raw, elementType: int16, channelCount: 2, select: [ 1, 2 ]",
      "select: channel 2 is asked for, from 0, but a message has 2: write a larger 'channelCount', or select others"
    ),
    (
      "format: raw, elementType: int16, socket: dealer",
      "format: a dealer feed acknowledges samples by the 'start' of an array's header: write 'format: array', or "
        + "'socket: pull'"
    ),
  ])
  func whatCannotBeIsExplained(keys: String, message: String) throws {
    let error = try #require(ConfigurationSample.error(text(keys)))
    #expect(error.description.hasPrefix("sigstreamd.yaml:3: feeds[0].\(message)"), "\(error)")
  }

  /// Against a model of so many channels.
  private func misfit(_ keys: String, channels: Int) throws -> String? {
    let model = ModelSummary(
      labels: ["N", "V"], sampleRateHz: 360, windowSamples: 1024, channels: channels,
      identity: String(repeating: "a", count: 64))
    let feed = try #require(ConfigurationSample.parse(text(keys)).feeds.first)
    do throws(ConfigurationError) {
      try feed.check(against: model)
      return nil
    } catch {
      return error.description
    }
  }

  @Test func channelsAreComparedWithTheModelsWhereTheyAreKnown() throws {
    #expect(try misfit("format: openephys", channels: 1) == nil)
    #expect(
      try misfit("format: openephys", channels: 2)
        == "sigstreamd.yaml:3: feeds[0].format: openephys messages have 1 channel, but the model "
        + "/etc/sigstreamd/ecg.safetensors takes 2: name a model of 1 channel, or put the channels together into an array "
        + "('format: array')")
    let raw = "format: raw, elementType: int16, channelCount: 3"
    #expect(try misfit(raw, channels: 3) == nil)
    #expect(try misfit("\(raw), select: [ 2 ]", channels: 1) == nil)
    #expect(try misfit("\(raw), channels: separate", channels: 1) == nil)
    #expect(
      try misfit(raw, channels: 1)
        == "sigstreamd.yaml:3: feeds[0].channelCount: messages have 3 channels, but the model "
        + "/etc/sigstreamd/ecg.safetensors takes 1: write another 'channelCount', or 'select'")
  }
}
