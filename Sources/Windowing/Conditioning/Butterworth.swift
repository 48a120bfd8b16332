import Glibc

/// Butterworth filters as second-order sections: the analogue prototype's poles, transformed to the band that is asked for,
/// then to samples by the bilinear transform with its frequencies prewarped (Oppenheim and Schafer, Discrete-Time Signal
/// Processing, chapter 7). Frequencies are shares of the sample rate, between 0 and 1/2.
struct Butterworth {
  // Poles of the prototype, whose edge is 1 rad/s, in the upper half-plane; those in the lower one mirror them.
  private let poles: [Complex]
  // Whether there is one at -1 too.
  private let hasRealPole: Bool

  /// - Parameter order: 1 or more.
  init(order: Int) {
    precondition(order >= 1, "a filter has an order of at least 1")
    poles = (0..<order / 2).map { Complex(angle: .pi * Double(2 * $0 + order + 1) / Double(2 * order)) }
    hasRealPole = order % 2 == 1
  }

  func lowpass(_ frequency: Double) -> [Biquad] {
    let edge = Complex(Self.warped(frequency))
    var sections = poles.map { section($0 * edge, zeros: (-1, -1)) }
    if hasRealPole { sections.append(section(real: Complex(-1) * edge, zero: -1)) }
    return sections.map { $0.normalised(at: Complex(1), constantGain: 1) }
  }

  func highpass(_ frequency: Double) -> [Biquad] {
    let edge = Complex(Self.warped(frequency))
    var sections = poles.map { section(edge / $0, zeros: (1, 1)) }
    if hasRealPole { sections.append(section(real: Complex(-1) * edge, zero: 1)) }
    return sections.map { $0.normalised(at: Complex(-1), constantGain: 0) }
  }

  func bandpass(_ low: Double, _ high: Double) -> [Biquad] {
    let (lowEdge, highEdge) = (Self.warped(low), Self.warped(high))
    let (width, square) = (Complex((highEdge - lowEdge) / 2), Complex(lowEdge * highEdge))
    /// The two poles that one of the prototype's becomes: the roots of s² - 2 w s + low · high.
    func transformed(_ pole: Complex) -> (Complex, Complex) {
      let middle = pole * width
      let distance = (middle * middle - square).squareRoot
      return (middle + distance, middle - distance)
    }
    var sections: [Biquad] = []
    for pole in poles {
      let (one, other) = transformed(pole)
      sections += [section(one, zeros: (1, -1)), section(other, zeros: (1, -1))]
    }
    if hasRealPole {
      let (one, other) = transformed(Complex(-1))
      sections.append(section(one, other, zeros: (1, -1)))
    }
    let centre = Self.sampled(Complex(0, (lowEdge * highEdge).squareRoot()))
    return sections.map { $0.normalised(at: centre, constantGain: 0) }
  }

  /// The analogue frequency that the bilinear transform s = (z - 1) / (z + 1) takes to `frequency`.
  private static func warped(_ frequency: Double) -> Double { tan(.pi * frequency) }

  private static func sampled(_ pole: Complex) -> Complex { (Complex(1) + pole) / (Complex(1) - pole) }

  /// The section of an analogue pole and its mirror image.
  private func section(_ pole: Complex, zeros: (Double, Double)) -> Biquad {
    section(pole, pole.conjugate, zeros: zeros)
  }

  /// The section of two analogue poles that mirror each other or are real.
  private func section(_ one: Complex, _ other: Complex, zeros: (Double, Double)) -> Biquad {
    let (one, other) = (Self.sampled(one), Self.sampled(other))
    return Biquad(
      b0: 1, b1: -(zeros.0 + zeros.1), b2: zeros.0 * zeros.1, a1: -(one + other).real, a2: (one * other).real,
      constantGain: 0)
  }

  private func section(real pole: Complex, zero: Double) -> Biquad {
    Biquad(b0: 1, b1: -zero, b2: 0, a1: -Self.sampled(pole).real, a2: 0, constantGain: 0)
  }
}

extension Biquad {
  /// The section whose gain at z = `point` is 1.
  fileprivate func normalised(at point: Complex, constantGain: Double) -> Biquad {
    let gain = 1 / response(at: point).magnitude
    return Biquad(b0: b0 * gain, b1: b1 * gain, b2: b2 * gain, a1: a1, a2: a2, constantGain: constantGain)
  }

  /// A notch at `frequency`, a share of the sample rate: Orfanidis, Introduction to Signal Processing (1996), section 11.3,
  /// with -3 dB at the edges of a band frequency / q wide.
  static func notch(_ frequency: Double, q: Double) -> Biquad {
    let angle = 2 * .pi * frequency
    let gain = 1 / (1 + tan(angle / (2 * q)))
    let middle = -2 * gain * cos(angle)
    return Biquad(b0: gain, b1: middle, b2: gain, a1: middle, a2: 2 * gain - 1, constantGain: 1)
  }
}
