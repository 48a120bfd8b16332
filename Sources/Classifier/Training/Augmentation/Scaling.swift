/// The amplitude changes: each channel's deviation from its mean is multiplied by one factor for the window. Without
/// effect where the input scaling is by window.
package struct Scaling: WindowAugmentation {
  package var probability: Double
  /// Positive; drawn log-uniformly.
  package var factor: ClosedRange<Double>

  package init(probability: Double, factor: ClosedRange<Double> = 0.8...1.25) {
    self.probability = probability
    self.factor = factor
  }

  func apply(to window: AugmentedWindow, using generator: inout SplitMix64) {
    let factor = generator.logUniform(in: self.factor)
    for c in 0..<window.channels {
      let mean = window.statistics(channel: c).mean
      for r in 0..<window.valid {
        window.samples[r, c] = Float(mean + factor * (Double(window.samples[r, c]) - mean))
      }
    }
  }
}
