/// One decoded message of a feed. The storage may be used for one message after the other.
package struct SampleBlock: Sendable, Equatable {
  /// Stream id: the header's `source`, else the topic frame; nil when the message has neither.
  package var source: String?
  /// Samples of one frame, at least 1.
  package var channels: Int
  /// `[frames, channels]`, physical values: raw · scale + offset. Always finite.
  package var samples: [Float] = []
  /// Indices into `samples`, in ascending order, of values that were not finite and are 0 now.
  package var maskedSamples: [Int] = []
  /// Index in the stream of the first frame, 0...2⁵³.
  package var firstSample: Int?
  /// Number of the message, 0...2⁵³.
  package var messageNumber: Int?
  /// When the first frame was acquired, microseconds since 1970, within ±2⁵³.
  package var acquisitionMicroseconds: Int64?
  /// Frames a second, above 0.
  package var sampleRateHz: Double?
  /// Unit of the physical values.
  package var units: String?

  /// Frames in the message, at least 0.
  package var frames: Int { samples.count / channels }
}

// In an extension, so that the memberwise initializer stays.
extension SampleBlock {
  /// A message of no frames.
  package init() { self.init(channels: 1) }
}
