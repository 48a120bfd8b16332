import Glibc

/// The low-pass filter of a polyphase resampler: a windowed sinc, with Kaiser's window and his formulas for its length and
/// shape (Oppenheim and Schafer, Discrete-Time Signal Processing, section 7.5).
///
/// Up to 0.9 of the lower rate's Nyquist frequency the gain is within 0.1 dB of 1, from that frequency on below -80 dB; the
/// design has 6 dB in hand.
package struct ResamplingKernel: Sendable, Equatable {
  package let ratio: ResamplingRatio
  /// Input frames on either side of an output frame that it is made of: the delay. A multiple of 8.
  package let halfWidth: Int
  /// `[up, 2 · halfWidth]`: those of an output frame that lies `phase / up` behind input frame q belong to the input frames
  /// `q - halfWidth + 1 ... q + halfWidth`. Each phase adds up to 1, so that a constant stays what it is.
  let coefficients: [Float]

  static let passBand = 0.9
  static let attenuation = 86.0

  package init(_ ratio: ResamplingRatio) {
    self.ratio = ratio
    // Frequencies are shares of the input rate.
    let nyquist = 0.5 * min(1, Double(ratio.up) / Double(ratio.down))
    let transition = 2 * .pi * nyquist * (1 - Self.passBand)
    let exact = (Self.attenuation - 7.95) / (2 * 2.285 * transition)
    let halfWidth = (Int(exact.rounded(.up)) + 7) / 8 * 8
    let cutoff = nyquist * (1 + Self.passBand)
    let shape = 0.1102 * (Self.attenuation - 8.7)
    func response(_ time: Double) -> Double {
      let place = time / Double(halfWidth)
      guard abs(place) < 1 else { return 0 }
      let angle = .pi * cutoff * time
      let sinc = angle == 0 ? 1 : sin(angle) / angle
      return sinc * Self.bessel(shape * (1 - place * place).squareRoot())
    }
    self.halfWidth = halfWidth
    coefficients = (0..<ratio.up).flatMap { phase in
      let row = (0..<2 * halfWidth).map {
        response(Double(phase) / Double(ratio.up) + Double(halfWidth - 1 - $0))
      }
      let sum = row.reduce(0, +)
      return row.map { Float($0 / sum) }
    }
  }

  /// The modified Bessel function of the first kind and order 0, by its power series.
  private static func bessel(_ x: Double) -> Double {
    var (term, sum, n) = (1.0, 1.0, 1.0)
    while term > sum * 1e-17 {
      term *= (x / (2 * n)) * (x / (2 * n))
      sum += term
      n += 1
    }
    return sum
  }
}
