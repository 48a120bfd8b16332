/// How often something took how long: counts by fixed bounds, as Prometheus's histograms have them.
struct Histogram: Sendable, Equatable {
  /// Seconds, each an upper bound that still counts; longer times count in none.
  static let bounds = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

  /// Times up to each bound and above the one before.
  private(set) var counts = [Int](repeating: 0, count: Self.bounds.count)
  private(set) var total = 0
  /// Seconds.
  private(set) var sum = 0.0

  /// Takes note of a time, in seconds. One below 0, as by a clock that is ahead, is 0: a sum that fell would look like a
  /// counter that was started anew.
  mutating func add(_ seconds: Double) {
    let seconds = max(0, seconds)
    total += 1
    sum += seconds
    if let place = Self.bounds.firstIndex(where: { seconds <= $0 }) { counts[place] += 1 }
  }
}
