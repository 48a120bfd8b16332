/// A filter of a stream, by its frequencies in Hz. Causal: it delays what it lets pass, and nothing makes up for that.
package enum SignalFilter: Sendable, Hashable {
  /// Butterworth of the given order, -3 dB at the frequency.
  case highpass(Double, order: Int)
  /// Butterworth of the given order, -3 dB at the frequency.
  case lowpass(Double, order: Int)
  /// Butterworth, -3 dB at both frequencies, which is of the given order at either edge.
  case bandpass(Double, Double, order: Int)
  /// Takes out one frequency; the band of -3 dB around it is the frequency / q wide.
  case notch(Double, q: Double)

  package static let orders = 1...8
  package static let qualities = 1.0...1000.0

  /// The frequencies that it has.
  package var frequenciesHz: [Double] {
    switch self {
    case .highpass(let frequency, _), .lowpass(let frequency, _), .notch(let frequency, _): [frequency]
    case .bandpass(let low, let high, _): [low, high]
    }
  }

  /// Why it can't filter samples that come `sampleRateHz` times a second, or nil.
  package func problem(sampleRateHz: Double) -> String? {
    let (half, least) = (sampleRateHz / 2, sampleRateHz * Self.leastShare)
    if let high = frequenciesHz.first(where: { !($0 < half) }) {
      return "\(high) Hz is not below half the \(sampleRateHz) samples a second, above which there is nothing to filter"
    }
    if let low = frequenciesHz.first(where: { !($0 >= least) }) {
      return "\(low) Hz is below a millionth of the \(sampleRateHz) samples a second, which is too near to none"
    }
    if case .bandpass(let low, let high, _) = self, low >= high {
      return "the band from \(low) to \(high) Hz ends where it begins, or before"
    }
    return nil
  }

  // Poles nearer to 1 are lost in the rounding of the coefficients.
  private static let leastShare = 1e-6

  /// The filter as sections that follow one another.
  ///
  /// - Precondition: it has no problem at this rate, its order is in `orders`, its Q in `qualities`.
  func sections(sampleRateHz: Double) -> [Biquad] {
    precondition(problem(sampleRateHz: sampleRateHz) == nil, "a filter is checked against its rate")
    switch self {
    case .highpass(let frequency, let order):
      return Butterworth(order: order).highpass(frequency / sampleRateHz)
    case .lowpass(let frequency, let order):
      return Butterworth(order: order).lowpass(frequency / sampleRateHz)
    case .bandpass(let low, let high, let order):
      return Butterworth(order: order).bandpass(low / sampleRateHz, high / sampleRateHz)
    case .notch(let frequency, let q):
      return [.notch(frequency / sampleRateHz, q: q)]
    }
  }
}
