/// A key to random numbers by counters (Salmon et al. 2011): what is drawn for (run, epoch, window, purpose) depends on
/// these alone, not on what was drawn before or on which thread.
struct RandomKey: Sendable {
  private let value: UInt64

  init(seed: UInt64) {
    // Far from the seed itself, from whose neighbourhood initial weights and splits are drawn.
    var generator = SplitMix64(seed: seed ^ 0x6A09_E667_F3BC_C908)
    value = generator.next()
  }

  private init(value: UInt64) {
    self.value = value
  }

  /// The key of counter `n`, 0 or more, below this one.
  func child(_ n: Int) -> RandomKey {
    // Number n of the generator's own stream: it adds its increment at each draw.
    var generator = SplitMix64(seed: value &+ UInt64(n) &* SplitMix64.increment)
    return RandomKey(value: generator.next())
  }

  /// The random numbers of this key.
  var generator: SplitMix64 { SplitMix64(seed: value) }
}
