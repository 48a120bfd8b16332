/// How a continuous run of samples is cut into windows: `[k·hop, k·hop + length)` for k = 0, 1, 2, ….
package struct WindowGeometry: Sendable, Hashable {
  /// Frames of one window, at least 1.
  package let lengthSamples: Int
  /// Frames from the start of one window to the start of the next, at least 1. May exceed the length: the frames
  /// between two windows are then skipped.
  package let hopSamples: Int
  /// Samples of one frame, at least 1.
  package let channels: Int

  /// - Precondition: every number is in 1...2²⁴.
  package init(lengthSamples: Int, hopSamples: Int, channels: Int) {
    for value in [lengthSamples, hopSamples, channels] {
      precondition((1...Self.maximum).contains(value), "a window's length, hop and channels are 1...\(Self.maximum)")
    }
    self.lengthSamples = lengthSamples
    self.hopSamples = hopSamples
    self.channels = channels
  }

  /// The largest length, hop or number of channels: keeps every product of them with a message's size in range.
  package static let maximum = 1 << 24
}
