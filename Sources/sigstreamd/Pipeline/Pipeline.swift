import Logging
import StreamIO

/// The spans of time of the live path.
struct PipelineTiming: Sendable {
  /// How long a worker without windows waits before it tries its models.
  var trial = Duration.seconds(5)
  /// Between heartbeats.
  var heartbeat = Duration.seconds(1)
  /// How long the workers may go on with what is queued, after the input was closed.
  var drain = Duration.seconds(10)
  /// How long the last results may take to leave.
  var linger = Duration.seconds(1)
}

/// Why the live path could not start: the part that failed, and why.
struct PipelineError: Error, CustomStringConvertible {
  /// `feed 'ecg'`, `output`, `worker 0`, ….
  var part: String
  var cause: any Error

  var description: String { "\(part): \(cause)" }
}

/// The live path, end to end:
///
///     socket → Feed → StreamTable → BatchQueue → Worker → Publisher → socket
///
/// `start()` once, then `drain()` once; both block, so neither belongs on Swift's cooperative pool.
final class Pipeline: Sendable {
  private let keys: SocketKeys
  private let timing: PipelineTiming
  private let logger: Logger
  private let onFailure: @Sendable (PipelineError) -> Void
  let times: StageTimes
  let pulse: WorkerPulse
  private let lanes: ModelLanes
  private let queue: BatchQueue
  private let publisher: Publisher
  private let workers: [Worker]
  private let feeds: FeedGroup
  private let roster: Monitor<[LiveFeed]>
  private let history: HistoryWriter?
  /// Nil where nothing is recorded.
  let recorder: Recorder?
  private let catchUp: CatchUpServer?
  private let catchUpContext: ZeroMQContext
  private let input: ZeroMQContext
  private let running: Monitor<Running>

  // How long the last results may take to be on the disc.
  private static let historyWait = Duration.seconds(10)
  // And the last samples, which are written meanwhile.
  private static let recorderWait = Duration.seconds(2)

  private struct Running: Sendable {
    var configuration: Configuration
    var history: PipelineThread?
    var recorder: PipelineThread?
    var catchUp: PipelineThread?
    var catchUpEndpoint: String?
    var publisher: PipelineThread?
    var workers: [PipelineThread] = []
    var outputEndpoint: String?
  }

  /// - Parameters:
  ///   - models: by the paths in the configuration, whose feeds they fit.
  ///   - onHeartbeat: called with each heartbeat, on the publisher's thread.
  ///   - onFailure: called when a feed stops for another reason than `drain()`.
  /// - Throws: `PipelineError` when ZeroMQ can't be set up.
  init(
    _ configuration: Configuration, keys: SocketKeys = .none, models: [String: ServedModel],
    timing: PipelineTiming = PipelineTiming(),
    clock: PipelineClock = .system, logger: Logger,
    onHeartbeat: @escaping @Sendable (Heartbeat, WorkerPulse) -> Void = { _, _ in },
    onFailure: @escaping @Sendable (PipelineError) -> Void = { _ in }
  ) throws(PipelineError) {
    do {
      input = try ZeroMQContext()
      catchUpContext = try ZeroMQContext()
    } catch {
      throw PipelineError(part: "input", cause: error)
    }
    (self.keys, self.timing, self.logger, self.onFailure) = (keys, timing, logger, onFailure)
    running = Monitor(Running(configuration: configuration))
    let lanes = ModelLanes(models)
    let losses = LossLog(clock: clock, logger: logger.of(.feeds))
    let history = configuration.history.map {
      HistoryWriter($0, clock: clock, logger: logger.of(.history)) { record in
        record.feed.acknowledgements?.ended(sequence: record.result.sequence, of: record.result.stream)
      }
    }
    let recorder = configuration.record.map {
      Recorder($0, clock: clock, logger: logger.of(.record))
    }
    catchUp = history.flatMap { history in
      configuration.output.catchUp.map {
        CatchUpServer(configuration: $0, keys: keys, history: history, losses: losses, logger: logger.of(.catchUp))
      }
    }
    let queue = BatchQueue(
      BatchLanes(
        maximumBatch: configuration.batch.maxSize,
        maximumDelayNanoseconds: configuration.batch.maxDelay.wholeNanoseconds,
        capacity: configuration.queue.capacity), clock: clock, onExpired: { $0.feed.expired($0) })
    let times = StageTimes()
    let pulse = WorkerPulse(workers: configuration.workers, trialInterval: timing.trial, clock: clock)
    let roster = Monitor<[LiveFeed]>([])
    let publisher = Publisher(
      configuration.output, keys: keys, times: times, losses: losses,
      feeds: { roster.withLock(\.self) }, timing: timing, clock: clock,
      logger: logger.of(.output), onHeartbeat: { onHeartbeat($0, pulse) }, history: history,
      recorder: recorder, recycle: { queue.recycle(&$0) })
    feeds = FeedGroup(
      roster: roster, input: input, keys: keys, lanes: lanes, queue: queue, history: history, recorder: recorder,
      losses: losses, clock: clock,
      logger: logger.of(.feeds), forget: { publisher.forget($0, feed: $1) }, onFailure: onFailure)
    workers = (0..<configuration.workers).map { number in
      Worker(
        number: number, models: lanes, queue: queue, pulse: pulse, times: times, clock: clock,
        logger: logger.of(.workers), output: { publisher.offer($0) })
    }
    (self.times, self.pulse, self.lanes) = (times, pulse, lanes)
    (self.queue, self.publisher, self.history) = (queue, publisher, history)
    (self.roster, self.recorder) = (roster, recorder)
  }

  /// Why samples would not become results, as far as is known; nil: they would.
  var obstacle: String? {
    let ill = pulse.ill
    if !ill.isEmpty {
      return "worker\(ill.count == 1 ? "" : "s") \(ill.map(String.init).joined(separator: ", ")) could not run a model"
    }
    return pulse.isAlive(within: pulse.trialInterval * 4) ? nil : "a worker has not finished an inference for long"
  }

  /// What it runs, as changed last.
  var configuration: Configuration { running.withLock { $0.configuration } }
  /// Where results are published.
  var outputEndpoint: String? { running.withLock { $0.outputEndpoint } }
  /// Where subscribers get what they missed; nil where nobody can.
  var catchUpEndpoint: String? { running.withLock { $0.catchUpEndpoint } }
  /// Where each feed's socket is, by the feed's name.
  var feedEndpoints: [String: String] { feeds.endpoints }
  /// What has become of each feed's windows so far, in the configuration's order.
  var counts: [(feed: String, counts: FeedCounts)] { live.map { ($0.name, $0.counters.counts) } }
  /// The feeds that run, in the configuration's order.
  var live: [LiveFeed] { roster.withLock(\.self) }

  /// The identity of a feed's model; nil once the feed has ended.
  func identity(of feed: LiveFeed) -> String? {
    let (all, lane) = (lanes.all, queue.lane(feed.place))
    return all.indices.contains(lane) ? all[lane]?.model.identity : nil
  }

  /// Results that wait for the history.
  var historyWaiting: Int { history?.waitingResults ?? 0 }

  /// Windows of a feed that wait for a worker.
  func waiting(_ feed: LiveFeed) -> Int { queue.waiting(feed.place) }

  /// Starts every part, the last one of the path first, so that nothing is received before it can be dealt with.
  ///
  /// - Throws: `PipelineError`; what had started is stopped again.
  func start() throws(PipelineError) {
    do {
      try startHistory()
      if let recorder {
        let thread = try attempt("record") { try recorder.start() }
        self.running.withLock { $0.recorder = thread }
      }
      try startPublisher()
      for worker in workers {
        let thread = try attempt("worker \(worker.number)") { try worker.start() }
        running.withLock { $0.workers.append(thread) }
      }
      try attempt("input") { try keys.startGuard(of: input, logger: logger) }
      for feed in configuration.feeds { try feeds.start(feed) }
    } catch {
      drain()
      throw error
    }
  }

  private func startHistory() throws(PipelineError) {
    guard let history else { return }
    let thread = try attempt("history") { try history.start() }
    running.withLock { $0.history = thread }
    guard let catchUp else { return }
    let (server, endpoint) = try attempt("catch-up") { try catchUp.start(catchUpContext) }
    running.withLock { ($0.catchUp, $0.catchUpEndpoint) = (server, endpoint) }
  }

  private func startPublisher() throws(PipelineError) {
    let (thread, endpoint) = try attempt("output") { try publisher.start() }
    running.withLock { ($0.publisher, $0.outputEndpoint) = (thread, endpoint) }
  }

  private func attempt<Result>(_ part: String, _ body: () throws -> Result) throws(PipelineError) -> Result {
    do {
      return try body()
    } catch {
      throw PipelineError(part: part, cause: error)
    }
  }

  // MARK: Change

  /// Goes on with another configuration: feeds that are the same in it lose no sample, and get another model between two
  /// batches. Blocks until the feeds that are not the same have ended and those of the new configuration have begun.
  ///
  /// - Parameter models: by the paths in the configuration, whose feeds they fit; each was tried.
  /// - Returns: what was changed.
  /// - Throws: `ReloadError` where something can't be changed, and `PipelineError` where a feed can't be started; then all
  ///   goes on as before, though feeds that were to change have begun anew.
  func reload(_ new: Configuration, models: [String: ServedModel]) throws -> ReloadPlan {
    let (old, before) = (configuration, lanes.all)
    let plan = try ReloadPlan(from: old, to: new, lanes: before.map { $0?.path }) { oldPath, newPath in
      lanes[lanes.lane(of: oldPath)].model.channels == models[newPath]?.channels
    }
    try checkHistory(for: plan)
    change(to: new, stopping: plan.stopped)
    lanes.exchange(entries(plan.lanes, before: before, models, isSamePrecision: old.precision == new.precision))
    do {
      for feed in plan.started { try feeds.start(feed) }
    } catch {
      change(to: old, stopping: plan.started.map(\.name))
      lanes.exchange(before)
      for feed in old.feeds where plan.stopped.contains(feed.name) {
        do throws(PipelineError) { try feeds.start(feed) } catch { onFailure(error) }
      }
      feeds.arrange(old.feeds.map(\.name))
      throw error
    }
    feeds.arrange(new.feeds.map(\.name))
    return plan
  }

  /// Looks whether feeds that begin anew will find where the history ends, before any is stopped.
  private func checkHistory(for plan: ReloadPlan) throws {
    guard let history, !plan.started.isEmpty else { return }
    guard history.flush() else { throw ReloadError.historyIsBehind }
    for feed in plan.started { _ = try attempt("history") { try history.positions(feed: feed.name) } }
  }

  private func change(to new: Configuration, stopping names: [String]) {
    feeds.stop(names, untilNanoseconds: MonotonicClock.nanoseconds() + timing.drain.wholeNanoseconds)
    for window in queue.configure(new.batch, new.queue) { window.feed.dropped(window) }
    running.withLock { $0.configuration = new }
  }

  /// What the lanes have afterwards: models that are the same stay, so that nobody makes another classifier of them.
  private func entries(
    _ paths: [String?], before: [ModelLanes.Entry?], _ models: [String: ServedModel], isSamePrecision: Bool
  ) -> [ModelLanes.Entry?] {
    paths.enumerated().map { lane, path in
      guard let path, let model = models[path] else { return nil }
      let last = before.indices.contains(lane) ? before[lane]?.model : nil
      let isSame = isSamePrecision && last?.identity == model.identity
      return ModelLanes.Entry(path: path, model: isSame ? last ?? model : model)
    }
  }

  // MARK: The end

  /// Stops every part, the first one of the path first: what has arrived read, input closed, queue drained, results sent,
  /// output closed.
  ///
  /// What the workers have not begun when the drain time is over counts as expired, and so does what they have begun
  /// and not finished a linger time later.
  ///
  /// - Returns: the final counts, where nothing is in flight any more.
  @discardableResult
  func drain() -> [(feed: String, counts: FeedCounts)] {
    let running = running.withLock { $0 }
    let deadline = MonotonicClock.nanoseconds() + timing.drain.wholeNanoseconds
    let threads = feeds.stopAll()
    _ = allEnd(threads, until: deadline)
    input.shutdown()
    let feedsEnded = join(threads, until: deadline, what: "feed")
    if feedsEnded { input.close() }
    queue.finish()
    if !allEnd(running.workers, until: deadline) {
      for window in queue.cancel() { window.feed.expired(window) }
      // What a worker has begun is nearly done.
      _ = join(running.workers, until: deadline + timing.linger.wholeNanoseconds, what: "worker")
    }
    publisher.finish()
    let last = MonotonicClock.nanoseconds() + timing.linger.wholeNanoseconds + 1_000_000_000
    _ = join([running.publisher].compactMap(\.self), until: last, what: "publisher")
    recorder?.finish()
    stopHistory(until: last)
    let disc = MonotonicClock.nanoseconds() + Self.recorderWait.wholeNanoseconds
    _ = join([running.recorder].compactMap(\.self), until: disc, what: "recorder")
    for feed in live { feed.counters.settle() }
    return counts
  }

  /// Gives subscribers no more answers, and lets the history take what was published.
  private func stopHistory(until deadline: Int64) {
    let running = running.withLock { $0 }
    catchUpContext.shutdown()
    _ = join([running.catchUp].compactMap(\.self), until: deadline, what: "catch-up")
    history?.finish()
    let disc = MonotonicClock.nanoseconds() + Self.historyWait.wholeNanoseconds
    _ = join([running.history].compactMap(\.self), until: disc, what: "history")
    history?.abandon()
  }

  /// Waits for threads, and logs those that have not ended in time.
  ///
  /// - Returns: whether all have.
  private func join(_ threads: [PipelineThread], until deadline: Int64, what: String) -> Bool {
    let isDone = allEnd(threads, until: deadline)
    if !isDone {
      logger.warning("stopping without waiting longer for a \(what)")
    }
    return isDone
  }

  private func allEnd(_ threads: [PipelineThread], until deadline: Int64) -> Bool {
    threads.reduce(true) { $1.join(untilNanoseconds: deadline) && $0 }
  }
}
