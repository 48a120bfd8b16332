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
    guard let total else { return }
    logger.warning("\(what)", metadata: ["feed": "\(feed)", "count": "\(total)"])
  }
}
