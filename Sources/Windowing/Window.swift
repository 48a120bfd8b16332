/// Where one finished window of one stream lies; its samples go beside it.
package struct Window: Sendable, Equatable {
  /// Which continuous time base of the stream the indices belong to: 0, and one more at each restart.
  package var epoch: Int
  /// Counts every window formed from the stream, from 0, across gaps and epochs.
  package var sequence: Int
  /// Index in the stream of the first frame.
  package var startSample: Int
  /// Index in the stream behind the last frame.
  package var endSample: Int
  /// When the first frame was acquired, microseconds since 1970.
  package var startMicroseconds: Int64
  /// When the last frame was acquired; its arrival, when the publisher gives no time.
  package var endMicroseconds: Int64
  /// Whether some of the samples stand in for values that were not finite.
  package var isMasked: Bool

  package init(
    epoch: Int, sequence: Int, startSample: Int, endSample: Int, startMicroseconds: Int64, endMicroseconds: Int64,
    isMasked: Bool
  ) {
    self.epoch = epoch
    self.sequence = sequence
    self.startSample = startSample
    self.endSample = endSample
    self.startMicroseconds = startMicroseconds
    self.endMicroseconds = endMicroseconds
    self.isMasked = isMasked
  }
}
