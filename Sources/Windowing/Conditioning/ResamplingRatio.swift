/// Output samples for input samples: `up` for every `down`, in lowest terms.
package struct ResamplingRatio: Sendable, Hashable {
  /// L
  package let up: Int
  /// M
  package let down: Int

  /// Both sides of a ratio are at most this: a filter has about 110 coefficients for each.
  package static let largest = 10_000
  /// Rates that differ by no more are the same.
  package static let tolerance = 1e-6

  /// As many as there were.
  package static let one = ResamplingRatio(up: 1, down: 1)

  private init(up: Int, down: Int) { (self.up, self.down) = (up, down) }

  /// The simplest ratio within the tolerance, by the continued fraction of the rates' quotient; nil where it takes numbers
  /// above `largest`.
  ///
  /// - Precondition: both rates are finite and above 0.
  package init?(from inputHz: Double, to outputHz: Double) {
    precondition(inputHz > 0 && outputHz > 0 && inputHz.isFinite && outputHz.isFinite, "rates are above 0")
    let wanted = outputHz / inputHz
    var rest = wanted
    var (up, lastUp, down, lastDown) = (1.0, 0.0, 0.0, 1.0)
    repeat {
      let whole = rest.rounded(.down)
      (up, lastUp) = (whole * up + lastUp, up)
      (down, lastDown) = (whole * down + lastDown, down)
      guard max(up, down) <= Double(Self.largest) else { return nil }
      rest = 1 / (rest - whole)
    } while up < 1 || abs(up / down / wanted - 1) > Self.tolerance
    self.init(up: Int(up), down: Int(down))
  }

  /// How many input frames after frame `origin` output frame `index` lies; frame 0 of both is the same moment.
  func inputFrames(ofOutput index: Int, after origin: Int) -> Double {
    // Windows of streams that are not resampled need no divisions.
    guard up > 1 else { return Double(index * down - origin) }
    return Double(index / up * down - origin) + Double(index % up * down) / Double(up)
  }

  /// The input frame nearest to output frame `index`.
  package func nearestInput(ofOutput index: Int) -> Int {
    guard up > 1 else { return index * down }
    return index / up * down + (2 * (index % up) * down + up) / (2 * up)
  }

  /// The output frame nearest to input frame `index`.
  package func nearestOutput(ofInput index: Int) -> Int {
    ResamplingRatio(up: down, down: up).nearestInput(ofOutput: index)
  }
}
