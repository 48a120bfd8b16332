import Glibc

/// The SplitMix64 generator (Steele, Lea and Flood 2014): small, seedable, the same everywhere.
package struct SplitMix64: RandomNumberGenerator, Sendable {
  static let increment: UInt64 = 0x9E37_79B9_7F4A_7C15

  private var state: UInt64

  package init(seed: UInt64) {
    state = seed
  }

  package mutating func next() -> UInt64 {
    state &+= Self.increment
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }

  /// Uniform in 0 ..< 1, 53 bits.
  package mutating func uniform() -> Double {
    Double(next() >> 11) * 0x1p-53
  }

  /// Uniform in `range`.
  mutating func uniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound + (range.upperBound - range.lowerBound) * uniform()
  }

  /// Log-uniform in `range`, whose bounds are positive: a factor of 2 up is as probable as a factor of 2 down.
  mutating func logUniform(in range: ClosedRange<Double>) -> Double {
    range.lowerBound * pow(range.upperBound / range.lowerBound, uniform())
  }

  /// Uniform in 0 ..< `count`, at least 1.
  mutating func index(below count: Int) -> Int {
    min(Int(uniform() * Double(count)), count - 1)
  }
}
