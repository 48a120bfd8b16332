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

  /// Takes the samples of a message, of which no more than their stream is known yet. What the block held before is
  /// overwritten, and its storage used again.
  ///
  /// - Parameter payload: `frames` frames.
  /// - Throws: `WireError.length` when it has more or less.
  mutating func take(
    _ payload: RawSpan, frames: Int, _ layout: SampleLayout, source: String?
  ) throws(WireError) {
    try SampleDecoding.decode(payload, frames: frames, layout, into: &samples)
    samples.replaceNonFinite(indices: &maskedSamples)
    (self.source, channels) = (source, layout.channels)
    (firstSample, messageNumber, acquisitionMicroseconds) = (nil, nil, nil)
    (sampleRateHz, units) = (nil, nil)
  }

  /// The same of as many frames as there are.
  ///
  /// - Throws: `WireError.partialFrame` when the last one is not whole.
  mutating func take(_ payload: RawSpan, wholeFramesOf layout: SampleLayout, source: String?) throws(WireError) {
    let (frames, rest) = payload.byteCount.quotientAndRemainder(dividingBy: layout.frameBytes)
    guard rest == 0 else { throw .partialFrame(frameBytes: layout.frameBytes, got: payload.byteCount) }
    try take(payload, frames: frames, layout, source: source)
  }

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

extension [Float] {
  /// Replaces every value that is not finite by 0.
  ///
  /// - Parameter replaced: becomes their indices, in ascending order.
  mutating func replaceNonFinite(indices replaced: inout [Int]) {
    replaced.removeAll(keepingCapacity: true)
    // The exponent of what is not finite is all ones: a maximum of integers, which the compiler vectorises.
    let largest = reduce(0) { Swift.max($0, Int32(bitPattern: $1.magnitude.bitPattern)) }
    guard largest >= Int32(bitPattern: Float.infinity.bitPattern) else { return }
    for index in self.indices where !self[index].isFinite {
      self[index] = 0
      replaced.append(index)
    }
  }
}
