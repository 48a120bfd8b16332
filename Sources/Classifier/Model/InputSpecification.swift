/// What the model expects of its input, and how raw samples are scaled: the model's first layer.
package struct InputSpecification: Codable, Sendable, Equatable {
  /// Hertz; 0 when the training data did not say.
  package var sampleRate: Double
  /// Samples L per window, a multiple of 8.
  package var window: Int
  package var normalisation: Normalisation
  /// One value a channel, used by `.fixed`; else empty.
  package var mean: [Float]
  /// One positive value a channel, used by `.fixed`; else empty.
  package var std: [Float]
  /// What the samples were filtered by before windows were cut from them, as a configuration's `filters` says it; nil: by
  /// nothing, or the training data did not say.
  package var filters: String?

  package enum Normalisation: String, Codable, Sendable, CaseIterable {
    /// Samples are taken as they are.
    case none
    /// Each channel of each window to mean 0 and deviation 1, with 1e-6 added to the deviation.
    case window
    /// By `mean` and `std`.
    case fixed
  }

  package init(
    sampleRate: Double, window: Int, normalisation: Normalisation, mean: [Float] = [], std: [Float] = []
  ) {
    self.sampleRate = sampleRate
    self.window = window
    self.normalisation = normalisation
    self.mean = mean
    self.std = std
  }

  /// Why the specification cannot be used with `channels` input channels, or nil.
  package func problem(channels: Int) -> String? {
    if !(sampleRate.isFinite && sampleRate >= 0) { return "sampleRate must be 0 or more, not \(sampleRate)" }
    if window < 8 || window % 8 != 0 || window > 1 << 20 {
      return "window must be a multiple of 8 from 8 to 1048576, not \(window)"
    }
    guard normalisation == .fixed else { return nil }
    if mean.count != channels || std.count != channels {
      return "fixed normalisation needs \(channels) values of mean and std, not \(mean.count) and \(std.count)"
    }
    if !mean.allSatisfy(\.isFinite) || !std.allSatisfy({ $0.isNormal && $0 > 0 }) {
      return "mean must be finite and std positive"
    }
    return nil
  }
}

extension InputSpecification {
  /// Scales one raw window `[L, C]` into the network's input. Rows from `valid` on are padding and become 0; they take
  /// no part in a window's mean and deviation.
  func scale(_ raw: UnsafeBufferPointer<Float>, valid: Int, into output: Matrix) {
    let channels = output.columns
    precondition(raw.count == output.count && valid >= 1 && valid <= output.rows)
    for c in 0..<channels {
      let (offset, factor) = scaling(raw, valid: valid, channel: c, channels: channels)
      for r in 0..<valid {
        // In double precision: an offset may be much larger than the signal on it.
        output.base[r * channels + c] = Float(Double(raw[r * channels + c]) - offset) * factor
      }
    }
    (output.base + valid * channels).update(repeating: 0, count: (output.rows - valid) * channels)
  }

  private func scaling(
    _ raw: UnsafeBufferPointer<Float>, valid: Int, channel: Int, channels: Int
  ) -> (offset: Double, factor: Float) {
    switch normalisation {
    case .none:
      return (0, 1)
    case .fixed:
      return (Double(mean[channel]), 1 / std[channel])
    case .window:
      var sum = 0.0
      for r in 0..<valid {
        sum += Double(raw[r * channels + channel])
      }
      let mean = sum / Double(valid)
      var squares = 0.0
      for r in 0..<valid {
        let centred = Double(raw[r * channels + channel]) - mean
        squares += centred * centred
      }
      return (mean, Float(1 / ((squares / Double(valid)).squareRoot() + 1e-6)))
    }
  }
}
