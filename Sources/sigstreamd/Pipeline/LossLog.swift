import Logging

/// Writes what was lost to the log: each kind of loss of each feed at a limited rate, with how many it speaks for.
final class LossLog: Sendable {
  private let limiters = Monitor<[String: LogLimiter]>([:])
  private let clock: PipelineClock
  private let logger: Logger

  init(clock: PipelineClock, logger: Logger) {
    self.clock = clock
    self.logger = logger
  }

  /// Takes note of `count` losses; 0 is none. `what` is a fixed text, which stands for the kind.
  func note(_ what: String, feed: String, count: Int) {
    guard count > 0 else { return }
    let now = clock.monotonicNanoseconds()
    let total = limiters.withLock { $0[feed, default: LogLimiter()].admit(what, events: count, now: now) }
    if let total { write(what, feed: feed, count: total) }
  }

  /// Tells of the last losses of a burst, which no later one told of; to be called about once a second.
  func flush() {
    let now = clock.monotonicNanoseconds()
    let due = limiters.withLock { limiters in limiters.keys.map { ($0, limiters[$0]?.flush(now: now) ?? [:]) } }
    for (feed, counts) in due {
      for (what, count) in counts { write(what, feed: feed, count: count) }
    }
  }

  private func write(_ what: String, feed: String, count: Int) {
    logger.warning("\(what)", metadata: ["feed": "\(feed)", "count": "\(count)"])
  }
}
