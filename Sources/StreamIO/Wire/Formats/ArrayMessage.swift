package import Foundation

/// One message of the `array` format to be sent: float32 samples and what the header says about them.
package struct ArrayMessage: Sendable {
  /// Stream id.
  package var source: String
  /// Index in the stream of the first frame.
  package var start: Int
  /// When the first frame was acquired, microseconds since 1970.
  package var acquisitionMicroseconds: Int64?
  /// Frames a second.
  package var sampleRateHz: Double?
  /// Unit of the samples.
  package var units: String?
  /// Samples of one frame.
  package var channels: Int
  /// `[frames, channels]`; NaN where one is missing.
  package var samples: [Float]

  package init(
    source: String, start: Int, acquisitionMicroseconds: Int64? = nil, sampleRateHz: Double? = nil,
    units: String? = nil, channels: Int, samples: [Float]
  ) {
    precondition(channels >= 1 && samples.count.isMultiple(of: channels), "samples must come in whole frames")
    self.source = source
    self.start = start
    self.acquisitionMicroseconds = acquisitionMicroseconds
    self.sampleRateHz = sampleRateHz
    self.units = units
    self.channels = channels
    self.samples = samples
  }

  /// The frames to send: topic (the stream id, for subscribers to choose by), JSON header, little-endian payload.
  package func encode() -> [Data] {
    let header = Header(
      type: "float32", shape: [samples.count / channels, channels], source: source, start: start,
      t_us: acquisitionMicroseconds, sample_rate: sampleRateHz, units: units)
    return [Data(source.utf8), WireJSON.encode(header), Data(samples.littleEndianBytes)]
  }

  private struct Header: Encodable {
    var htype = "array-1.0"
    var type: String
    var shape: [Int]
    var source: String
    var start: Int
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var t_us: Int64?
    // swift-format-ignore: AlwaysUseLowerCamelCase
    var sample_rate: Double?
    var units: String?
  }
}
