/// How long something takes, learnt from how long it took: a smoothed mean and mean deviation, and from both a bound that is
/// seldom exceeded. Jacobson's estimator of round-trip times, with the constants of RFC 6298.
struct ServiceTime: Sendable {
  private var mean = 0.0
  private var deviation = 0.0
  private var isEmpty = true

  /// Mean and four deviations; 0 before anything was measured.
  var bound: Double { mean + 4 * deviation }

  /// Takes note of one more, at least 0.
  mutating func add(_ time: Double) {
    if isEmpty {
      (mean, deviation, isEmpty) = (time, time / 2, false)
    } else {
      deviation += (abs(time - mean) - deviation) / 4
      mean += (time - mean) / 8
    }
  }
}
