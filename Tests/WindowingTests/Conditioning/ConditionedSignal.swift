import Glibc

@testable import Windowing

/// Sinusoids, whose value is known at any time.
struct Sinusoids {
  /// (Hz, amplitude, radians)
  var parts: [(frequency: Double, amplitude: Double, phase: Double)]
  var offset = 0.0

  /// - Parameter time: in seconds.
  func value(at time: Double) -> Double {
    parts.reduce(offset) { $0 + $1.amplitude * sin(2 * .pi * $1.frequency * time + $1.phase) }
  }

  func samples(_ count: Int, rateHz: Double) -> [Float] {
    (0..<count).map { Float(value(at: Double($0) / rateHz)) }
  }
}

extension [Float] {
  /// The amplitude of the sinusoid of `frequency` Hz in the samples, by least squares, after the first and before the last
  /// `margin` of them.
  func amplitude(of frequency: Double, rateHz: Double, margin: Int = 0) -> Double {
    var (ss, sc, cc, xs, xc) = (0.0, 0.0, 0.0, 0.0, 0.0)
    for index in margin..<count - margin {
      let angle = 2 * .pi * frequency * Double(index) / rateHz
      let (s, c, x) = (sin(angle), cos(angle), Double(self[index]))
      (ss, sc, cc) = (ss + s * s, sc + s * c, cc + c * c)
      (xs, xc) = (xs + x * s, xc + x * c)
    }
    let determinant = ss * cc - sc * sc
    return hypot((xs * cc - xc * sc) / determinant, (xc * ss - xs * sc) / determinant)
  }

  /// The largest distance from zero after the first and before the last `margin` samples.
  func largest(margin: Int) -> Float { self[margin..<count - margin].reduce(0) { Swift.max($0, abs($1)) } }
}

func decibels(_ ratio: Double) -> Double { 20 * log10(ratio) }

extension StreamConditioner {
  /// What `signal` becomes, taken in the pieces given, with the masked frames of the output.
  static func condition(
    _ signal: [Float], channels: Int = 1, masked: [Int] = [], by conditioning: SignalConditioning, pieces: [Range<Int>]
  ) -> (samples: [Float], masked: [Int]) {
    var conditioner = StreamConditioner(conditioning, channels: channels)
    var (samples, masks) = ([Float](), [Int]())
    for piece in pieces {
      for start in stride(from: piece.lowerBound, to: piece.upperBound, by: conditioner.largestBlock) {
        let block = start..<min(start + conditioner.largestBlock, piece.upperBound)
        conditioner.append(
          signal.span.extracting(block.lowerBound * channels..<block.upperBound * channels),
          maskedFrames: masked.filter(block.contains).map { $0 - start })
        masks += conditioner.maskedOutput.map { samples.count / channels + $0 }
        samples += conditioner.output[..<(conditioner.outputFrames * channels)]
      }
    }
    return (samples, masks)
  }
}
