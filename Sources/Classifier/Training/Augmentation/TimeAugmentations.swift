/// A random stretch of the window, resampled to the window's length ("window slicing", Le Guennec et al. 2016).
///
/// The signal runs slower by the share that is kept. The alternative, to pad the stretch, would show the network windows
/// that no stream ever sends, and move the statistics of its BatchNorms towards them.
package struct Crop: WindowAugmentation {
  package var probability: Double
  /// The share of the samples that is kept, above 0, up to 1.
  package var share: ClosedRange<Double>

  package init(probability: Double, share: ClosedRange<Double> = 0.85...1) {
    self.probability = probability
    self.share = share
  }

  func apply(to window: AugmentedWindow, using generator: inout SplitMix64) {
    let valid = window.valid
    let kept = max(min(2, valid), Int((generator.uniform(in: share) * Double(valid)).rounded()))
    let start = generator.index(below: valid - kept + 1)
    guard kept < valid else { return }
    window.keepCopy()
    let step = Double(kept - 1) / Double(valid - 1)
    for r in 0..<valid { window.resample(row: r, position: Double(start) + Double(r) * step) }
  }
}

/// Time runs faster and slower within the window, whose ends stay (after Um et al. 2017).
///
/// The speed is drawn at five equally spaced places, linear in between, and divided by its mean.
package struct TimeWarp: WindowAugmentation {
  package var probability: Double
  /// Speeds, positive.
  package var speed: ClosedRange<Double>

  package init(probability: Double, speed: ClosedRange<Double> = 0.8...1.25) {
    self.probability = probability
    self.speed = speed
  }

  private static let intervals = 4

  func apply(to window: AugmentedWindow, using generator: inout SplitMix64) {
    let last = window.valid - 1
    guard last > 0 else { return }
    let knots = InlineArray<5, Double> { _ in generator.logUniform(in: self.speed) }
    /// The speed half-way between two rows.
    func speed(after row: Int) -> Double {
      let place = (Double(row) + 0.5) / Double(last) * Double(Self.intervals)
      let knot = Int(place)
      return knots[knot] + (place - Double(knot)) * (knots[knot + 1] - knots[knot])
    }
    var length = 0.0
    for r in 0..<last { length += speed(after: r) }
    window.keepCopy()
    var travelled = 0.0
    for r in 0..<last {
      window.resample(row: r, position: travelled * Double(last) / length)
      travelled += speed(after: r)
    }
  }
}

/// The window moves in time; what comes into view is the signal mirrored at the window's end, which makes neither a step
/// nor a flat line.
package struct TimeShift: WindowAugmentation {
  package var probability: Double
  /// Share of the window, −1 ... 1; positive ones move the signal to a later time.
  package var share: ClosedRange<Double>

  package init(probability: Double, share: ClosedRange<Double> = -0.1...0.1) {
    self.probability = probability
    self.share = share
  }

  func apply(to window: AugmentedWindow, using generator: inout SplitMix64) {
    let valid = window.valid
    let shift = Int((generator.uniform(in: share) * Double(valid)).rounded())
    guard shift != 0 else { return }
    window.keepCopy()
    for r in 0..<valid {
      let source = Self.mirrored(r - shift, count: valid)
      for c in 0..<window.channels { window.samples[r, c] = window.scratch[source, c] }
    }
  }

  /// The place in `0 ..< count` that `index` is mirrored to at the ends, which are not repeated: −1 is 1.
  static func mirrored(_ index: Int, count: Int) -> Int {
    guard count > 1 else { return 0 }
    let period = 2 * (count - 1)
    let folded = ((index % period) + period) % period
    return folded < count ? folded : period - folded
  }
}
