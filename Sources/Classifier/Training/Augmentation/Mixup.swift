import Glibc

/// Mixup (Zhang et al. 2018): a window and another one of the epoch are averaged, and so are their losses.
///
/// The share of the other window is min(λ, 1 − λ) with λ ~ Beta(α, α), so a window's own class always has at least half
/// of its label. Where the input scaling is by window, the other window is first brought to this one's mean and deviation,
/// channel by channel: else the louder of two recordings would drown the other, whatever its share of the label. The
/// mixture is as long as the shorter of the two.
package struct Mixup: Codable, Sendable, Equatable {
  package var probability: Double
  /// α, 0.05 ... 1: small ones mix in a little, 1 any share alike.
  package var alpha: Double

  package init(probability: Double, alpha: Double = 0.2) {
    self.probability = probability
    self.alpha = alpha
  }

  /// What a window is mixed with.
  struct Mixture: Sendable, Equatable {
    /// The other window: its place in the epoch.
    var position: Int
    /// The share of the other window, 0 ... 0.5.
    var share: Double
  }

  /// Draws from `windows` places; Beta by Jöhnk's method (1964).
  func draw(windows: Int, using generator: inout SplitMix64) -> Mixture {
    let position = generator.index(below: windows)
    while true {
      let x = pow(generator.uniform(), 1 / alpha)
      let y = pow(generator.uniform(), 1 / alpha)
      if x + y > 0, x + y <= 1 { return Mixture(position: position, share: min(x, y) / (x + y)) }
    }
  }

  /// Mixes `share` of `other`, raw samples `[L, C]` of which `valid` are not padding, into `window`.
  ///
  /// - Parameter matches: whether `other` is brought to the window's mean and deviation.
  static func mix(
    _ other: UnsafeBufferPointer<Float>, valid: Int, share: Double, matches: Bool, into window: inout AugmentedWindow
  ) {
    let channels = window.channels
    for c in 0..<channels {
      var (offset, factor) = (0.0, 1.0)
      if matches {
        let own = window.statistics(channel: c)
        let theirs = AugmentedWindow.statistics(other.baseAddress! + c, stride: channels, count: valid)
        factor = theirs.deviation > 0 ? own.deviation / theirs.deviation : 0
        offset = own.mean - theirs.mean * factor
      }
      for r in 0..<min(valid, window.valid) {
        let partner = Double(other[r * channels + c]) * factor + offset
        window.samples[r, c] = Float((1 - share) * Double(window.samples[r, c]) + share * partner)
      }
    }
    window.shorten(to: valid)
  }
}
