/// What a message says about where its samples lie in their stream and in time.
package struct BlockPosition: Sendable, Hashable {
  /// Index in the stream of the message's first frame, 0...2⁵³.
  package var firstSample: Int?
  /// The message's own number in its stream, 0...2⁵³. Not used when `firstSample` is given, which is more exact.
  package var messageNumber: Int?
  /// When the message's first frame was acquired, microseconds since 1970.
  package var acquisitionMicroseconds: Int64?
  /// When the message arrived, microseconds since 1970; stands for the time of its last frame when the publisher gives
  /// no acquisition time.
  package var arrivalMicroseconds: Int64

  package init(
    firstSample: Int? = nil, messageNumber: Int? = nil, acquisitionMicroseconds: Int64? = nil,
    arrivalMicroseconds: Int64
  ) {
    self.firstSample = firstSample
    self.messageNumber = messageNumber
    self.acquisitionMicroseconds = acquisitionMicroseconds
    self.arrivalMicroseconds = arrivalMicroseconds
  }

  /// When frame `index` of a message of `count` frames was acquired; it may lie between two, or before the message.
  func microseconds(ofFrame index: Double, of count: Int, sampleRateHz: Double) -> Int64 {
    if let acquisitionMicroseconds {
      return acquisitionMicroseconds.addingSaturated(Self.microseconds(frames: index, sampleRateHz: sampleRateHz))
    }
    let before = Self.microseconds(frames: Double(count - 1) - index, sampleRateHz: sampleRateHz)
    return arrivalMicroseconds.addingSaturated(-before)
  }

  /// The duration of `frames` frames, rounded to the nearest microsecond.
  static func microseconds(frames: Double, sampleRateHz: Double) -> Int64 {
    let exact = (frames * 1_000_000 / sampleRateHz).rounded()
    // 2⁶² µs is 146 000 years: a rate so low is a mistake upstream, and must not trap here.
    return Int64(max(-0x1p62, min(0x1p62, exact)))
  }
}
