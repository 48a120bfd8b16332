/// The bounded queue between the feeds and the workers.
///
/// Never blocks a feed that has not asked for it: a window that finds its feed's room full takes the place of another, which
/// is handed back to be counted.
final class BatchQueue: Sendable {
  private enum Phase {
    case open
    /// Nothing more will come: what waits is handed out at once, then workers are sent home.
    case finishing
    /// Workers are sent home at once.
    case cancelled
  }
  private struct State {
    var lanes: BatchLanes
    var phase = Phase.open
    // Feeds that wait for room.
    var blockedFeeds = 0
    // The places of feeds that are to add nothing more.
    var refused: Set<Int> = []

    func isOpen(_ place: Int) -> Bool {
      if case .open = phase { !refused.contains(place) } else { false }
    }
  }
  private let state: Monitor<State>
  private let clock: PipelineClock
  private let onExpired: @Sendable (PendingWindow) -> Void

  /// - Parameter onExpired: called with each window that is too late to be classified.
  init(
    _ lanes: BatchLanes, clock: PipelineClock, onExpired: @escaping @Sendable (PendingWindow) -> Void = { _ in }
  ) {
    state = Monitor(State(lanes: lanes))
    self.clock = clock
    self.onExpired = onExpired
  }

  /// Adds a window; blocks while its feed's room is full, if the feed's policy says so.
  ///
  /// - Parameter samples: the window's, `[length, channels]`; copied.
  /// - Returns: the window that had no room: one of the same feed, or this one when the queue takes nothing more of
  ///   the feed.
  func append(_ window: PendingWindow, samples: Span<Float>) -> PendingWindow? {
    var isBlocked = false
    let (dropped, othersBlocked) = state.wait { state -> Attempt<(PendingWindow?, Bool)> in
      let isOpen = state.isOpen(window.feed.place)
      let mustWait = isOpen && state.lanes.isBlocked(feed: window.feed.place)
      if mustWait != isBlocked { state.blockedFeeds += mustWait ? 1 : -1 }
      isBlocked = mustWait
      if mustWait { return .wait(untilNanoseconds: nil) }
      guard isOpen else { return .done((window, false)) }
      let dropped = state.lanes.append(window, samples: samples, now: clock.monotonicNanoseconds())
      return .done((dropped, state.blockedFeeds > 0))
    }
    // One signal might wake a feed that waits for room, and no worker.
    if othersBlocked { state.notifyAll() } else { state.notifyOne() }
    return dropped
  }

  /// Blocks until a batch is due, or until `limit` by the monotonic clock in nanoseconds.
  ///
  /// - Returns: nil when there will be no more (``hasEnded``), or when the time is over.
  func nextBatch(until limit: Int64 = .max) -> Batch? {
    while true {
      var late: [PendingWindow] = []
      let (batch, hasMore, isOver) = takeBatch(until: limit, &late)
      // Without the lock, as it may be logged, and a log may block.
      for window in late { onExpired(window) }
      // This thread now leaves the watch over what still waits to another.
      if hasMore { state.notifyOne() }
      if isOver { return batch }
    }
  }

  /// Blocks until a batch is due, until `limit`, or until there are late windows.
  ///
  /// - Returns: the batch, whether others wait, and whether that is the answer.
  private func takeBatch(
    until limit: Int64, _ late: inout [PendingWindow]
  ) -> (batch: Batch?, hasMore: Bool, isOver: Bool) {
    state.wait { state in
      if case .cancelled = state.phase { return .done((nil, false, true)) }
      let isFinishing = if case .finishing = state.phase { true } else { false }
      let (now, before) = (clock.monotonicNanoseconds(), state.lanes.count)
      let batch = state.lanes.take(now: now, closing: isFinishing) { late.append($0) }
      // Windows that expired left room too, whether or not others make a batch.
      if state.blockedFeeds > 0 && state.lanes.count < before { self.state.notifyAll() }
      if let batch { return .done((batch, state.lanes.count > 0, true)) }
      if isFinishing || now >= limit { return .done((nil, state.lanes.count > 0, true)) }
      if !late.isEmpty { return .done((nil, false, false)) }
      let deadline = min(state.lanes.nextDeadline ?? .max, limit)
      return .wait(untilNanoseconds: deadline < .max ? deadline : nil)
    }
  }

  /// Whether there will be no more batches.
  var hasEnded: Bool {
    state.withLock { state in
      switch state.phase {
      case .open: false
      case .finishing: state.lanes.count == 0
      case .cancelled: true
      }
    }
  }

  /// The lane of the feed at a place.
  func lane(_ place: Int) -> Int { state.withLock { $0.lanes.lane(place) } }

  /// Windows of the feed at a place that wait.
  func waiting(_ place: Int) -> Int { state.withLock { $0.lanes.waiting(place) } }

  /// Gives a feed a place, which nobody has.
  func open(_ place: Int, _ feed: LaneFeed) {
    state.withLock { state in
      state.refused.remove(place)
      state.lanes.open(place, feed)
    }
  }

  /// Takes nothing more of the feed at a place: what it adds is handed back, also what it waits with.
  func refuse(_ place: Int) {
    state.withLock { _ = $0.refused.insert(place) }
    state.notifyAll()
  }

  /// Takes the feed, which adds no more windows, out of its place.
  ///
  /// - Returns: the windows that waited.
  func close(_ place: Int) -> [PendingWindow] { state.withLock { $0.lanes.close(place) } }

  /// Changes the rules by which batches close, and how many windows of a feed may wait.
  ///
  /// - Returns: the windows for which there is no room any more.
  func configure(_ batch: BatchConfiguration, _ queue: QueueConfiguration) -> [PendingWindow] {
    let dropped = state.withLock {
      $0.lanes.configure(
        maximumBatch: batch.maxSize, maximumDelayNanoseconds: batch.maxDelay.wholeNanoseconds,
        capacity: queue.capacity)
    }
    state.notifyAll()
    return dropped
  }

  /// Takes back a batch whose results are sent, for its storage and its time, and leaves an empty one.
  func recycle(_ batch: inout Batch) {
    state.withLock { $0.lanes.recycle(&batch, now: clock.monotonicNanoseconds()) }
  }

  /// Takes no more windows; workers get what waits, and then nil.
  func finish() {
    state.withLock {
      if case .open = $0.phase { $0.phase = .finishing }
    }
    state.notifyAll()
  }

  /// Takes no more windows and gives none to workers.
  ///
  /// - Returns: the windows that waited.
  func cancel() -> [PendingWindow] {
    let left = state.withLock { state in
      state.phase = .cancelled
      return state.lanes.removeAll()
    }
    state.notifyAll()
    return left
  }
}
