import CKernels

/// Inverted dropout (Srivastava et al. 2014): an element is kept with probability 1 − rate and scaled by 1 / (1 − rate).
///
/// A draw depends only on the pass's seed, the site and the element's index, so backward draws forward's mask again
/// instead of storing it, and the result does not depend on threads.
struct Dropout {
  /// Probability of dropping, 0 ..< 1.
  let rate: Float
  /// Random key of this pass: one per (run, step, micro-batch).
  let seed: UInt64

  static let none = Dropout(rate: 0, seed: 0)

  var isActive: Bool { rate > 0 }

  /// `output = mask(site) · input / (1 − rate)`; the same call, given gradients, is the backward pass.
  func apply(_ input: UnsafeMutablePointer<Float>, to output: UnsafeMutablePointer<Float>, count: Int, site: Int) {
    ck_dropout(output, input, draws(site: site), count)
  }

  /// What kernels draw from at a site.
  func draws(site: Int) -> ck_dropout_rate {
    var generator = SplitMix64(seed: seed &+ UInt64(site) &* 0x9E37_79B9_7F4A_7C15)
    return ck_dropout_rate(keep: 1 - rate, key: generator.next())
  }
}
