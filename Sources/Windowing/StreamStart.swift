/// Where a stream begins, or goes on where another process left it.
package struct StreamStart: Sendable, Equatable {
  /// Epoch of the first samples.
  package var epoch: Int
  /// The first window's sequence number.
  package var sequence: Int
  /// Index of the first sample that is wanted, where the stream goes on; those missing before the one that comes are a gap.
  /// Nil for a stream that begins with whatever sample comes first. 0...2⁵⁴.
  package var sample: Int?

  package init(epoch: Int = 0, sequence: Int = 0, sample: Int? = nil) {
    self.epoch = epoch
    self.sequence = sequence
    self.sample = sample
  }
}
