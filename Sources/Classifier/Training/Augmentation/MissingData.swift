/// Some channels fall silent, as a lead that comes off does: each becomes its mean. One channel always stays.
package struct ChannelDropout: WindowAugmentation {
  package var probability: Double
  /// Channels that are lost, at least 1; uniform.
  package var channels: ClosedRange<Int>

  package init(probability: Double, channels: ClosedRange<Int> = 1...1) {
    self.probability = probability
    self.channels = channels
  }

  func apply(to window: AugmentedWindow, using generator: inout SplitMix64) {
    let drawn = channels.lowerBound + generator.index(below: channels.count)
    var lost = min(drawn, window.channels - 1)
    // Selection sampling (Knuth, The Art of Computer Programming, 3.4.2, algorithm S).
    for c in 0..<window.channels {
      guard generator.uniform() * Double(window.channels - c) < Double(lost) else { continue }
      lost -= 1
      window.flatten(0..<window.valid, channel: c)
    }
  }
}

/// A span of the window becomes a flat line at each channel's mean (DeVries and Taylor 2017).
package struct Cutout: WindowAugmentation {
  package var probability: Double
  /// Share of the window, above 0, up to 1.
  package var share: ClosedRange<Double>

  package init(probability: Double, share: ClosedRange<Double> = 0.02...0.1) {
    self.probability = probability
    self.share = share
  }

  func apply(to window: AugmentedWindow, using generator: inout SplitMix64) {
    let count = max(1, Int((generator.uniform(in: share) * Double(window.valid)).rounded()))
    let start = generator.index(below: window.valid - count + 1)
    for c in 0..<window.channels { window.flatten(start..<start + count, channel: c) }
  }
}

extension AugmentedWindow {
  /// Sets the samples `span` of a channel to the channel's mean.
  fileprivate func flatten(_ span: Range<Int>, channel: Int) {
    let mean = Float(statistics(channel: channel).mean)
    for r in span { samples[r, channel] = mean }
  }
}
