import CKernels

/// The numbers that products get as left factors, counted: first their ranges, then how often each part of them occurs.
final class FactorHistograms: FactorObserver {
  private static let bins = 2048

  private struct Histogram {
    var range: ClosedRange<Float> = 0...0
    var counts: [Int] = []
  }

  private var histograms: [String: Histogram] = [:]
  private var isCounting = false

  /// From now on numbers are counted within the ranges that were seen so far.
  func beginCounting() {
    isCounting = true
    for name in histograms.keys {
      histograms[name]!.counts = Array(repeating: 0, count: Self.bins)
    }
  }

  func see(_ product: String, _ factor: Factor, length: Int, windows: Int) {
    var histogram = histograms.removeValue(forKey: product) ?? Histogram()
    if isCounting {
      let (low, width) = (histogram.range.lowerBound, Self.width(histogram.range))
      factor.forEach(length: length, windows: windows) { number in
        let bin = Int((number - low) / width)
        histogram.counts[min(max(bin, 0), Self.bins - 1)] += 1
      }
    } else {
      var (low, high) = (histogram.range.lowerBound, histogram.range.upperBound)
      factor.forEach(length: length, windows: windows) { number in
        low = min(low, number)
        high = max(high, number)
      }
      histogram.range = low...high
    }
    histograms[product] = histogram
  }

  /// For each product the 8-bit range with the smallest mean square error: fewer steps for the many numbers in the middle
  /// against cutting off the few at the ends.
  var ranges: [String: Quantisation.Range] {
    histograms.mapValues { histogram in
      let candidates = stride(from: Float(1), through: 0.1, by: -0.02).map { Self.range(histogram.range, times: $0) }
      return candidates.min { Self.error($0, histogram) < Self.error($1, histogram) }!
    }
  }

  private static func width(_ range: ClosedRange<Float>) -> Float {
    max((range.upperBound - range.lowerBound) / Float(bins), .leastNormalMagnitude)
  }

  /// The range holds 0, which padding needs exactly.
  private static func range(_ range: ClosedRange<Float>, times factor: Float) -> Quantisation.Range {
    let step = max((range.upperBound - range.lowerBound) * factor / 255, 1e-20)
    let zero = min(max((-range.lowerBound * factor / step).rounded(), 0), 255)
    return Quantisation.Range(step: step, zero: Int(zero))
  }

  /// Mean square error of the histogram's numbers, taken to lie in their bins' middles.
  private static func error(_ range: Quantisation.Range, _ histogram: Histogram) -> Double {
    let (low, width) = (histogram.range.lowerBound, width(histogram.range))
    let (least, most) = (Float(-range.zero) * range.step, Float(255 - range.zero) * range.step)
    let rounding = Double(range.step) * Double(range.step) / 12
    var sum = 0.0
    for (bin, count) in histogram.counts.enumerated() where count > 0 {
      let number = low + (Float(bin) + 0.5) * width
      let beyond = Double(max(least - number, number - most, 0))
      sum += Double(count) * (beyond * beyond + rounding)
    }
    return sum
  }
}
