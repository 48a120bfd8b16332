import Windowing

/// The clocks of the live path, to be set by tests.
struct PipelineClock: Sendable {
  /// Never goes back; for intervals.
  var monotonicNanoseconds: @Sendable () -> Int64
  /// The date; for what is published.
  var microsecondsSince1970: @Sendable () -> Int64

  static let system = PipelineClock(
    monotonicNanoseconds: { MonotonicClock.nanoseconds() },
    microsecondsSince1970: { MonotonicClock.microsecondsSince1970() })

  /// Both clocks at a time.
  struct Moment: Sendable {
    var monotonicNanoseconds: Int64
    var microsecondsSince1970: Int64

    /// A date by the monotonic clock, in nanoseconds, going by what the date was at this moment: no later step of it matters.
    ///
    /// - Parameter microseconds: since 1970; comes from outside, so any number.
    func monotonicNanoseconds(ofDate microseconds: Int64) -> Int64 {
      let age = microsecondsSince1970.subtractingSaturated(microseconds)
      return monotonicNanoseconds.subtractingSaturated(age.multipliedSaturated(by: 1000))
    }
  }

  /// What the clocks say now.
  func moment() -> Moment {
    Moment(monotonicNanoseconds: monotonicNanoseconds(), microsecondsSince1970: microsecondsSince1970())
  }
}

extension Duration {
  /// The duration in whole nanoseconds, or the largest number of them.
  var wholeNanoseconds: Int64 {
    let (seconds, attoseconds) = components
    let (nanoseconds, overflow) = seconds.multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return seconds < 0 ? .min : .max }
    let (sum, sumOverflow) = nanoseconds.addingReportingOverflow(attoseconds / 1_000_000_000)
    return sumOverflow ? .max : sum
  }
}
