/// A second-order section of a recursive filter, in transposed direct form II:
///
///     H(z) = (b0 + b1 z⁻¹ + b2 z⁻²) / (1 + a1 z⁻¹ + a2 z⁻²)
struct Biquad: Sendable, Equatable {
  var b0: Double
  var b1: Double
  var b2: Double
  var a1: Double
  var a2: Double
  /// H(1), which the design knows better than the rounded coefficients do.
  var constantGain: Double

  /// What a section remembers of the samples before.
  struct State: Sendable {
    var first = 0.0
    var second = 0.0
  }

  /// The state after a signal that was always `value`: what follows makes no transient.
  func steadyState(_ value: Double) -> State {
    let output = constantGain * value
    let second = b2 * value - a2 * output
    return State(first: b1 * value - a1 * output + second, second: second)
  }

  /// H at z = `point`.
  func response(at point: Complex) -> Complex {
    let back = Complex(1) / point
    let square = back * back
    let numerator = Complex(b0) + Complex(b1) * back + Complex(b2) * square
    return numerator / (Complex(1) + Complex(a1) * back + Complex(a2) * square)
  }

  /// Filters `samples` in place.
  func filter(_ samples: UnsafeMutableBufferPointer<Double>, _ state: inout State) {
    var (first, second) = (state.first, state.second)
    for index in 0..<samples.count {
      let input = samples[index]
      let output = b0 * input + first
      first = b1 * input - a1 * output + second
      second = b2 * input - a2 * output
      samples[index] = output
    }
    // What rings out below any Float would end in subnormal numbers, which are slow.
    if abs(first) + abs(second) < 1e-200 { (first, second) = (0, 0) }
    (state.first, state.second) = (first, second)
  }
}
