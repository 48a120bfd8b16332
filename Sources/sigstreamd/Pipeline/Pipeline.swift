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
  private let configuration: Configuration
  private let keys: SocketKeys
  private let timing: PipelineTiming
  private let logger: Logger
  private let counters: [FeedCounters]
  private let identities: [String: String]
  let times: StageTimes
  let pulse: WorkerPulse
  private let queue: BatchQueue
  private let publisher: Publisher
  private let workers: [Worker]
  private let feeds: [Feed]
  private let input: ZeroMQContext
  private let feedsAreStopping: Monitor<Bool>
  private let onFailure: @Sendable (PipelineError) -> Void
  private let running = Monitor(Running())

  private struct Running: Sendable {
    var publisher: PipelineThread?
    var workers: [PipelineThread] = []
    var feeds: [PipelineThread] = []
    var outputEndpoint: String?
    var feedEndpoints: [String: String] = [:]
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
    } catch {
      throw PipelineError(part: "input", cause: error)
    }
    (self.configuration, self.keys) = (configuration, keys)
    self.timing = timing
    identities = models.mapValues(\.identity)
    self.logger = logger
    self.onFailure = onFailure
    let paths = Set(configuration.feeds.map(\.modelPath)).sorted()
    let lanes = paths.map { path in
      guard let model = models[path] else { preconditionFailure("no model was given for \(path)") }
      return model
    }
    let feedsAreStopping = Monitor(false)
    let losses = LossLog(clock: clock, logger: logger)
    let counters = configuration.feeds.map { FeedCounters(feed: $0.name, log: losses) }
    let laneFeeds = configuration.feeds.map { feed in
      LaneFeed(lane: paths.firstIndex(of: feed.modelPath) ?? 0, policy: feed.overload)
    }
    let queue = BatchQueue(
      BatchLanes(
        feeds: laneFeeds, maximumBatch: configuration.batch.maxSize,
        maximumDelayNanoseconds: configuration.batch.maxDelay.wholeNanoseconds,
        capacity: configuration.queue.capacity), clock: clock, onExpired: { counters[$0.feed].countExpired() })
    let times = StageTimes()
    let pulse = WorkerPulse(workers: configuration.workers, trialInterval: timing.trial, clock: clock)
    (self.times, self.pulse) = (times, pulse)
    let publisher = Publisher(
      configuration.output, keys: keys, times: times, models: lanes, counters: counters,
      policies: laneFeeds.map(\.policy),
      timing: timing,
      clock: clock, logger: logger, onHeartbeat: { onHeartbeat($0, pulse) }, recycle: { queue.recycle(&$0) })
    workers = (0..<configuration.workers).map { number in
      Worker(
        number: number, models: lanes, queue: queue, pulse: pulse, times: times, clock: clock, logger: logger,
        output: { publisher.offer($0) })
    }
    feeds = configuration.feeds.enumerated().map { index, feed in
      Feed(
        index: index, configuration: feed, keys: keys, channels: lanes[laneFeeds[index].lane].channels,
        counters: counters[index],
        queue: queue, clock: clock, logger: logger, isStopping: feedsAreStopping,
        onForgotten: { publisher.forget($0, feed: index) })
    }
    (self.counters, self.queue, self.publisher) = (counters, queue, publisher)
    self.feedsAreStopping = feedsAreStopping
  }

  /// Why samples would not become results, as far as is known; nil: they would.
  var obstacle: String? {
    let ill = pulse.ill
    if !ill.isEmpty {
      return "worker\(ill.count == 1 ? "" : "s") \(ill.map(String.init).joined(separator: ", ")) could not run a model"
    }
    return pulse.isAlive(within: pulse.trialInterval * 4) ? nil : "a worker has not finished an inference for long"
  }

  /// Where results are published.
  var outputEndpoint: String? { running.withLock { $0.outputEndpoint } }
  /// Where each feed's socket is, by the feed's name.
  var feedEndpoints: [String: String] { running.withLock { $0.feedEndpoints } }
  /// What has become of each feed's windows so far, in the configuration's order.
  var counts: [(feed: String, counts: FeedCounts)] { counters.map { ($0.feed, $0.counts) } }

  /// The identity of a feed's model.
  func identity(of feed: FeedConfiguration) -> String { identities[feed.modelPath] ?? "" }

  /// Windows of each feed that wait for a worker, in the configuration's order.
  var waiting: [Int] { queue.waiting }

  /// Starts every part, the last one of the path first, so that nothing is received before it can be dealt with.
  ///
  /// - Throws: `PipelineError`; what had started is stopped again.
  func start() throws(PipelineError) {
    do {
      try startPublisher()
      for worker in workers {
        let thread = try attempt("worker \(worker.number)") { try worker.start() }
        running.withLock { $0.workers.append(thread) }
      }
      try attempt("input") { try keys.startGuard(of: input, logger: logger) }
      for feed in feeds { try start(feed) }
    } catch {
      drain()
      throw error
    }
  }

  private func startPublisher() throws(PipelineError) {
    let (thread, endpoint) = try attempt("output") { try publisher.start() }
    running.withLock { ($0.publisher, $0.outputEndpoint) = (thread, endpoint) }
  }

  private func start(_ feed: Feed) throws(PipelineError) {
    let (name, onFailure) = (feed.configuration.name, onFailure)
    let (thread, endpoint) = try attempt("feed '\(name)'") {
      try feed.start(input) { onFailure(PipelineError(part: "feed '\(name)'", cause: $0)) }
    }
    running.withLock {
      $0.feeds.append(thread)
      $0.feedEndpoints[name] = endpoint
    }
  }

  private func attempt<Result>(_ part: String, _ body: () throws -> Result) throws(PipelineError) -> Result {
    do {
      return try body()
    } catch {
      throw PipelineError(part: part, cause: error)
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
    feedsAreStopping.withLock { $0 = true }
    _ = allEnd(running.feeds, until: deadline)
    input.shutdown()
    let feedsEnded = join(running.feeds, until: deadline, what: "feed")
    if feedsEnded { input.close() }
    queue.finish()
    if !allEnd(running.workers, until: deadline) {
      for window in queue.cancel() { counters[window.feed].countExpired() }
      // What a worker has begun is nearly done.
      _ = join(running.workers, until: deadline + timing.linger.wholeNanoseconds, what: "worker")
    }
    publisher.finish()
    let last = MonotonicClock.nanoseconds() + timing.linger.wholeNanoseconds + 1_000_000_000
    _ = join([running.publisher].compactMap(\.self), until: last, what: "publisher")
    for counter in counters { counter.settle() }
    return counts
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
