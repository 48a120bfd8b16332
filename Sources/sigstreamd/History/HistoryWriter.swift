import Logging
import StreamIO

/// The thread that writes published results into the history, off the path of the samples.
///
/// Results are committed many at a time. Where the disc is full or slow they wait here, up to a bound; beyond it they are
/// lost to the history, and counted, but for those of feeds that are acknowledged: these are held up instead.
final class HistoryWriter: Sendable {
  /// Results that may wait, about half a kilobyte each.
  static let capacity = 16_384
  // How long the first result of a commit waits for others.
  private static let gatherNanoseconds = Int64(100_000_000)
  // Results at which a commit waits no longer, and the most that one takes.
  private static let largestCommit = 4096
  private static let retryNanoseconds = Int64(1_000_000_000)
  // How long a feed that begins waits for what was published before to be stored.
  private static let flushWait = Duration.seconds(5)
  // How often names of streams without results go, and old results of a daemon that publishes nothing.
  private static let reviewNanoseconds = Int64(60_000_000_000)

  private struct State: Sendable {
    var waiting: [HistoryRecord] = []
    var firstArrival = Int64(0)
    // What the thread is writing.
    var inHand: [HistoryRecord] = []
    // Records taken, and those of them that are stored or lost.
    var taken = 0
    var settled = 0
    var isFinishing = false
    // Whether nothing more is written.
    var isOver = false
  }
  private enum Step {
    case write([HistoryRecord])
    case review
    case finish
  }

  let path: String
  private let keep: HistoryRetention
  private let clock: PipelineClock
  private let logger: Logger
  private let onStored: @Sendable (HistoryRecord) -> Void
  private let state = Monitor(State())

  /// - Parameter onStored: called with each result once it is in the history for good, on the writer's thread.
  init(
    _ configuration: HistoryConfiguration, clock: PipelineClock, logger: Logger,
    onStored: @escaping @Sendable (HistoryRecord) -> Void
  ) {
    (path, keep) = (configuration.path, configuration.keep)
    self.clock = clock
    self.logger = logger
    self.onStored = onStored
  }

  /// Opens the history on a thread of its own.
  ///
  /// - Throws: `HistoryError`.
  func start() throws -> PipelineThread {
    try PipelineThread.start(name: "history") { (ready: (Int) -> Void) in
      var history = try LiveHistory(path: self.path, keep: self.keep, logger: self.logger)
      ready(0)
      self.run(&history)
    }.thread
  }

  /// Where a feed's streams were left, by their names; with all that was published until now, unless the disc takes too
  /// long, which the log tells.
  ///
  /// - Throws: `HistoryError` when the file can't be read.
  func positions(feed: String) throws -> [String: HistoryPosition] {
    if !flush() {
      logger.error("results are not in the history yet: their numbers may come twice", metadata: ["feed": "\(feed)"])
    }
    return try HistoryFile(path: path).read { try HistoryQuery.positions(feed: feed, in: $0) }
  }

  /// Whether so many results wait that feeds which can wait should.
  var isBehind: Bool { state.withLock { $0.waiting.count > Self.capacity / 2 } }

  /// Whether so many wait that feeds which lose none must read no more.
  var isFull: Bool { state.withLock { $0.waiting.count >= Self.capacity } }

  /// Results that are not in the history yet.
  var waitingResults: Int { state.withLock { $0.taken - $0.settled } }

  /// Takes a result, from any thread; never blocks.
  ///
  /// - Parameter isBounded: whether the result may be lost when too many wait.
  func offer(_ record: HistoryRecord, isBounded: Bool) {
    let isTaken = state.withLock { state in
      if state.isOver || isBounded && state.waiting.count >= Self.capacity { return false }
      if state.waiting.isEmpty { state.firstArrival = MonotonicClock.nanoseconds() }
      state.waiting.append(record)
      state.taken += 1
      return true
    }
    if isTaken { state.notifyAll() } else { record.feed.counters.countHistoryLost() }
  }

  /// Whether a result that is `wanted` is not in the history yet.
  func isWaiting(_ wanted: (WindowResult) -> Bool) -> Bool {
    state.withLock { state in
      state.inHand.contains { wanted($0.result) } || state.waiting.contains { wanted($0.result) }
    }
  }

  /// Waits until all results taken so far are stored, for this long at the most.
  ///
  /// - Returns: whether they are.
  @discardableResult
  func flush(within limit: Duration = flushWait) -> Bool {
    let taken = state.withLock { $0.taken }
    let deadline = MonotonicClock.nanoseconds() + limit.wholeNanoseconds
    return state.wait { state in
      let isStored = state.settled >= taken
      return isStored || MonotonicClock.nanoseconds() >= deadline ? .done(isStored) : .wait(untilNanoseconds: deadline)
    }
  }

  /// Lets the thread write what it has, close the history and end. It does so soon: what can't be written then is lost.
  func finish() {
    state.withLock { $0.isFinishing = true }
    state.notifyAll()
  }

  /// Counts what is not in the history by now as lost, and what may still come; from any thread. A commit that the disc
  /// holds up at this moment may be in the history all the same.
  func abandon() {
    let lost = state.withLock { state in
      let lost = state.inHand + state.waiting
      (state.inHand, state.waiting, state.settled, state.isOver) = ([], [], state.taken, true)
      return lost
    }
    for record in lost { record.feed.counters.countHistoryLost() }
    state.notifyAll()
  }

  // MARK: On the thread

  private func run(_ history: inout LiveHistory) {
    var failures = LogLimiter()
    var reviewDue = MonotonicClock.nanoseconds() + Self.reviewNanoseconds
    while true {
      switch nextStep(reviewDue: reviewDue) {
      case .write(let records): write(records, to: &history, &failures)
      case .review:
        attempt(on: &history, &failures) { try $0.pruneStreams() }
        reviewDue = MonotonicClock.nanoseconds() + Self.reviewNanoseconds
      case .finish: return abandon()
      }
      if !isFinishing(within: 0) { prune(&history, &failures) }
    }
  }

  private func nextStep(reviewDue: Int64) -> Step {
    state.wait { state in
      let now = MonotonicClock.nanoseconds()
      if state.waiting.isEmpty && state.isFinishing { return .done(.finish) }
      if now >= reviewDue && !state.isFinishing { return .done(.review) }
      if state.waiting.isEmpty { return .wait(untilNanoseconds: reviewDue) }
      let due = state.firstArrival + Self.gatherNanoseconds
      guard state.isFinishing || now >= due || state.waiting.count >= Self.largestCommit else {
        return .wait(untilNanoseconds: min(due, reviewDue))
      }
      state.inHand = Array(state.waiting.prefix(Self.largestCommit))
      state.waiting.removeFirst(state.inHand.count)
      return .done(.write(state.inHand))
    }
  }

  /// Tries until the records are stored, but for the end of the daemon, which waits for no disc.
  private func write(_ records: [HistoryRecord], to history: inout LiveHistory, _ failures: inout LogLimiter) {
    while !attempt(on: &history, &failures, { try $0.insert(records) }) {
      if isFinishing(within: Self.retryNanoseconds) { return abandon() }
    }
    for record in records { onStored(record) }
    state.withLock { state in
      // None, where they count as lost by now.
      state.settled += state.inHand.count
      state.inHand = []
    }
    state.notifyAll()
  }

  private func isFinishing(within nanoseconds: Int64) -> Bool {
    let end = MonotonicClock.nanoseconds() + nanoseconds
    return state.wait { state in
      state.isFinishing || MonotonicClock.nanoseconds() >= end
        ? .done(state.isFinishing) : .wait(untilNanoseconds: end)
    }
  }

  // More than a commit adds, or old results would never be all gone.
  private func prune(_ history: inout LiveHistory, _ failures: inout LogLimiter) {
    let now = clock.microsecondsSince1970()
    attempt(on: &history, &failures) { try $0.prune(now: now, limit: 2 * Self.largestCommit) }
  }

  @discardableResult
  private func attempt(
    on history: inout LiveHistory, _ failures: inout LogLimiter,
    _ body: (inout HistoryStore) throws -> Void
  ) -> Bool {
    do {
      try history.use(body)
      return true
    } catch {
      if let count = failures.admit("history", now: MonotonicClock.nanoseconds()) {
        logger.error("the history can't be written: \(error)", metadata: ["count": "\(count)"])
      }
      return false
    }
  }
}
