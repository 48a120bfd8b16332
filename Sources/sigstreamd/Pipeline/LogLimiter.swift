import Windowing

/// Decides which of many equal events are worth a line of the log: the first, then at most one in each interval.
struct LogLimiter: Sendable {
  static let standardInterval = Duration.seconds(10)

  private struct Reason: Sendable {
    var lastLine: Int64
    var since: Int
  }
  private let intervalNanoseconds: Int64
  private var reasons: [String: Reason] = [:]

  init(interval: Duration = standardInterval) {
    intervalNanoseconds = interval.wholeNanoseconds
  }

  /// Takes note of an event, or of several equal ones, at `now`, in nanoseconds.
  ///
  /// - Returns: how many events a line should speak for, this one and those passed over since the last line; nil when it
  ///   is not yet time for one.
  mutating func admit(_ reason: String, events: Int = 1, now: Int64) -> Int? {
    guard var entry = reasons[reason] else {
      reasons[reason] = Reason(lastLine: now, since: 0)
      return events
    }
    entry.since = entry.since.addingSaturated(events)
    let events = entry.since
    let isTime = now - entry.lastLine >= intervalNanoseconds
    if isTime { entry = Reason(lastLine: now, since: 0) }
    reasons[reason] = entry
    return isTime ? events : nil
  }

  /// What is left to be told of at `now`, in nanoseconds, by reason: events that were passed over an interval ago or more,
  /// and none has come since that would have told of them.
  mutating func flush(now: Int64) -> [String: Int] {
    let due = reasons.filter { $0.value.since > 0 && now - $0.value.lastLine >= intervalNanoseconds }
    for reason in due.keys { reasons[reason] = Reason(lastLine: now, since: 0) }
    return due.mapValues(\.since)
  }
}
