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

  /// Takes the first `count` frames off, and moves index and time to the one behind them.
  ///
  /// - Precondition: `count` is in 0...frames.
  package mutating func removeFirst(_ count: Int, sampleRateHz: Double) {
    let gone = count * channels
    samples.removeFirst(gone)
    maskedSamples = maskedSamples.drop { $0 < gone }.map { $0 - gone }
    firstSample = firstSample.map { $0 + count }
    // A message of 2³¹ bytes at the lowest rate is below 2⁶² µs.
    acquisitionMicroseconds = acquisitionMicroseconds.map { $0 + Int64((Double(count) * 1e6 / sampleRateHz).rounded()) }
  }
}
