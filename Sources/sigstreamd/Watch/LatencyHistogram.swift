import Foundation

/// Times counted in bins that grow by 2 %, so any number of them fits in a few kilobytes and quantiles are exact to 1 %.
struct LatencyHistogram: Sendable {
  private static let growth = 1.02
  private var bins: [Int] = []
  private(set) var count = 0
  private(set) var minimum = Int64.max
  private(set) var maximum = Int64.min

  /// Counts a time in microseconds; a negative one (clocks that disagree) counts as 0.
  mutating func add(_ microseconds: Int64) {
    let bin = microseconds <= 0 ? 0 : 1 + Int(log(Double(microseconds)) / log(Self.growth))
    if bin >= bins.count { bins.append(contentsOf: repeatElement(0, count: bin + 1 - bins.count)) }
    bins[bin] += 1
    count += 1
    minimum = min(minimum, max(0, microseconds))
    maximum = max(maximum, max(0, microseconds))
  }

  /// The time in microseconds that a share `q`, 0…1, of the times doesn't exceed (nearest rank); nil without times.
  func quantile(_ q: Double) -> Int64? {
    guard count > 0 else { return nil }
    let rank = max(1, Int((q * Double(count)).rounded(.up)))
    var seen = 0
    for (bin, times) in bins.enumerated() {
      seen += times
      guard seen >= rank else { continue }
      let middle = bin == 0 ? 0 : pow(Self.growth, Double(bin) - 0.5)
      return max(minimum, middle < Double(maximum) ? Int64(middle.rounded()) : maximum)
    }
    return maximum
  }
}
