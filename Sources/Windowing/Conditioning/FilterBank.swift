/// Filters of all channels of a stream, with what they remember of it. The result doesn't depend on how the samples are cut
/// into blocks; nothing is allocated after the first.
struct FilterBank: Sendable {
  private let sections: [Biquad]
  private let channels: Int
  // [channels, sections]
  private var states: [Biquad.State]
  // One channel of a block.
  private var column: [Double]
  private var isNew = true

  /// - Parameter largestBlock: frames of the largest block.
  init(_ sections: [Biquad], channels: Int, largestBlock: Int) {
    (self.sections, self.channels) = (sections, channels)
    states = [Biquad.State](repeating: Biquad.State(), count: channels * sections.count)
    column = [Double](repeating: 0, count: largestBlock)
  }

  /// Forgets what was before: the frame that comes next counts as what the signal has always been.
  mutating func restart() { isNew = true }

  /// Filters `[n, channels]` in place.
  mutating func filter(_ frames: UnsafeMutableBufferPointer<Float>) {
    let count = frames.count / channels
    guard count > 0, !sections.isEmpty else { return }
    for channel in 0..<channels {
      if isNew { settle(channel, at: Double(frames[channel])) }
      column.withUnsafeMutableBufferPointer { column in
        for frame in 0..<count { column[frame] = Double(frames[frame * channels + channel]) }
        let samples = UnsafeMutableBufferPointer(rebasing: column[..<count])
        for (index, section) in sections.enumerated() {
          section.filter(samples, &states[channel * sections.count + index])
        }
        for frame in 0..<count {
          frames[frame * channels + channel] = Float(max(-Self.largest, min(Self.largest, column[frame])))
        }
      }
    }
    isNew = false
  }

  private mutating func settle(_ channel: Int, at first: Double) {
    var value = first
    for (index, section) in sections.enumerated() {
      states[channel * sections.count + index] = section.steadyState(value)
      value *= section.constantGain
    }
  }

  private static let largest = Double(Float.greatestFiniteMagnitude)
}
