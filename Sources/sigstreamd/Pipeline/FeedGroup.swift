import Logging
import StreamIO

/// The feeds that run, each on a thread of its own. They can be started and stopped one by one while the others go on.
///
/// `start` and `stop` block, and are called on one thread at a time.
final class FeedGroup: Sendable {
  private struct Member: Sendable {
    var feed: Feed
    var thread: PipelineThread
    /// Where its socket is.
    var endpoint: String
  }
  private struct State: Sendable {
    var members: [Member] = []
    // By name, the last of each feed that was ever started: its counts and epochs go on when it is started anew.
    var last: [String: LiveFeed] = [:]
    // Whether any was stopped, whose address another may have now.
    var hasStopped = false
  }
  private let state = Monitor(State())
  private let roster: Monitor<[LiveFeed]>
  private let input: ZeroMQContext
  private let keys: SocketKeys
  private let lanes: ModelLanes
  private let queue: BatchQueue
  private let history: HistoryWriter?
  private let recorder: Recorder?
  private let losses: LossLog
  private let clock: PipelineClock
  private let logger: Logger
  private let forget: @Sendable ([String]?, LiveFeed) -> Void
  private let onFailure: @Sendable (PipelineError) -> Void

  // How soon it is noticed that a feed's last window is done with.
  private static let pollNanoseconds = Int64(2_000_000)
  // How long the system may take to give up the address of a socket that was closed.
  private static let addressNanoseconds = Int64(2_000_000_000)

  /// - Parameters:
  ///   - roster: is told which feeds run, in the order of the configuration.
  ///   - input: the context of the feeds' sockets.
  ///   - forget: takes the names of streams whose memory was freed; nil: all of the feed.
  ///   - onFailure: called when a feed stops by itself.
  init(
    roster: Monitor<[LiveFeed]>, input: ZeroMQContext, keys: SocketKeys, lanes: ModelLanes, queue: BatchQueue,
    history: HistoryWriter?, recorder: Recorder?, losses: LossLog, clock: PipelineClock, logger: Logger,
    forget: @escaping @Sendable ([String]?, LiveFeed) -> Void,
    onFailure: @escaping @Sendable (PipelineError) -> Void
  ) {
    self.roster = roster
    (self.input, self.keys, self.lanes, self.queue) = (input, keys, lanes, queue)
    (self.history, self.recorder) = (history, recorder)
    (self.losses, self.clock, self.logger) = (losses, clock, logger)
    (self.forget, self.onFailure) = (forget, onFailure)
  }

  /// Where each feed's socket is, by the feed's name.
  var endpoints: [String: String] {
    state.withLock { state in
      Dictionary(uniqueKeysWithValues: state.members.map { ($0.feed.live.name, $0.endpoint) })
    }
  }

  /// Starts a feed, whose model is in its lane.
  ///
  /// - Throws: `PipelineError` when its socket can't be opened, or its place in the history not be read.
  func start(_ configuration: FeedConfiguration) throws(PipelineError) {
    let lane = lanes.lane(of: configuration.modelPath)
    let live = makeLive(configuration)
    queue.open(live.place, LaneFeed(lane: lane, policy: live.policy))
    let feed = Feed(
      live, keys: keys, channels: lanes[lane].model.channels, queue: queue, clock: clock, logger: logger,
      history: history, recorder: recorder, onForgotten: { [forget] in forget($0, live) })
    do {
      let (thread, endpoint) = try open(feed)
      change { state in
        state.members.append(Member(feed: feed, thread: thread, endpoint: endpoint))
        state.last[live.name] = live
      }
    } catch {
      _ = queue.close(live.place)
      throw PipelineError(part: "feed '\(live.name)'", cause: error)
    }
  }

  private func makeLive(_ configuration: FeedConfiguration) -> LiveFeed {
    state.withLock { state in
      let taken = Set(state.members.map(\.feed.live.place))
      var place = 0
      while taken.contains(place) { place += 1 }
      let last = state.last[configuration.name]
      return LiveFeed(
        configuration, place: place,
        counters: last?.counters ?? FeedCounters(feed: configuration.name, log: losses),
        nextEpoch: last?.nextEpoch.withLock(\.self) ?? 0)
    }
  }

  /// Starts the feed's thread; the address may be that of a feed that has just been stopped.
  private func open(_ feed: Feed) throws -> (thread: PipelineThread, endpoint: String) {
    let name = feed.live.name
    let deadline = MonotonicClock.nanoseconds() + Self.addressNanoseconds
    let mayBeFreed = state.withLock { $0.hasStopped }
    while true {
      do {
        return try feed.start(input) { [onFailure] in onFailure(PipelineError(part: "feed '\(name)'", cause: $0)) }
      } catch let error as ZeroMQError where error.isAddressInUse && mayBeFreed {
        guard MonotonicClock.nanoseconds() < deadline else { throw error }
        MonotonicClock.sleep(until: MonotonicClock.nanoseconds() + Self.pollNanoseconds) { false }
      }
    }
  }

  /// Stops feeds: what has arrived is read, the socket closed, and what was formed has its outcome.
  ///
  /// - Parameter deadline: until when the workers may take what is queued (`MonotonicClock.nanoseconds()`); what they have
  ///   not begun then has expired, and what is not queued by then is dropped.
  func stop(_ names: [String], untilNanoseconds deadline: Int64) {
    let members = state.withLock { state in state.members.filter { names.contains($0.feed.live.name) } }
    for member in members { member.feed.stop() }
    for member in members {
      let live = member.feed.live
      // It reads for a bounded time, but a message may have more windows than the workers take by then.
      if !member.thread.join(untilNanoseconds: deadline) {
        queue.refuse(live.place)
        _ = member.thread.join(untilNanoseconds: .max)
      }
      waitUntilDone(live, untilNanoseconds: deadline)
      for window in queue.close(live.place) { live.expired(window) }
      // What a worker has begun is soon done, and needs its model until then.
      waitUntilDone(live, untilNanoseconds: .max)
      forget(nil, live)
    }
    change { state in
      state.members.removeAll { names.contains($0.feed.live.name) }
      state.hasStopped = state.hasStopped || !members.isEmpty
    }
  }

  private func waitUntilDone(_ feed: LiveFeed, untilNanoseconds deadline: Int64) {
    while feed.counters.counts.inFlight > 0, MonotonicClock.nanoseconds() < deadline {
      MonotonicClock.sleep(until: MonotonicClock.nanoseconds() + Self.pollNanoseconds) { false }
    }
  }

  /// Puts the feeds into the order of the configuration.
  func arrange(_ names: [String]) {
    let places = Dictionary(uniqueKeysWithValues: names.enumerated().map { ($1, $0) })
    change { state in
      state.members.sort { places[$0.feed.live.name, default: 0] < places[$1.feed.live.name, default: 0] }
    }
  }

  private func change(_ body: (inout State) -> Void) {
    state.withLock { state in
      body(&state)
      let live = state.members.map(\.feed.live)
      roster.withLock { $0 = live }
    }
  }

  /// Lets every feed end when it has read what has arrived; their counts stay.
  ///
  /// - Returns: their threads.
  func stopAll() -> [PipelineThread] {
    state.withLock { state in
      for member in state.members { member.feed.stop() }
      return state.members.map(\.thread)
    }
  }
}
