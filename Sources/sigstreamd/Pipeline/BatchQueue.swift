/// The bounded queue between the feeds and the workers.
///
/// Never blocks a feed: a window that finds it full takes the place of the oldest, which is handed back to be counted.
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
  }
  private let state: Monitor<State>
  private let clock: PipelineClock

  init(_ lanes: BatchLanes, clock: PipelineClock) {
    state = Monitor(State(lanes: lanes))
    self.clock = clock
  }

  /// Adds a window.
  ///
  /// - Parameter samples: the window's, `[length, channels]`; copied.
  /// - Returns: the window that had no room: the oldest, or this one when the queue has been closed.
  func append(_ window: PendingWindow, samples: Span<Float>, lane: Int) -> PendingWindow? {
    let dropped = state.withLock { state in
      guard case .open = state.phase else { return PendingWindow?(window) }
      return state.lanes.append(window, samples: samples, lane: lane, now: clock.monotonicNanoseconds())
    }
    state.notifyOne()
    return dropped
  }

  /// Blocks until a batch is due.
  ///
  /// - Returns: nil when there will be no more.
  func nextBatch() -> Batch? {
    let (batch, hasMore) = state.wait { state -> Attempt<(Batch?, Bool)> in
      if case .cancelled = state.phase { return .done((nil, false)) }
      let isFinishing = if case .finishing = state.phase { true } else { false }
      if let batch = state.lanes.take(now: clock.monotonicNanoseconds(), closing: isFinishing) {
        return .done((batch, state.lanes.count > 0))
      }
      return isFinishing ? .done((nil, false)) : .wait(untilNanoseconds: state.lanes.nextDeadline)
    }
    // This thread now leaves the watch over what still waits to another.
    if hasMore { state.notifyOne() }
    return batch
  }

  /// Takes back a batch whose results are sent, for its storage, and leaves an empty one.
  func recycle(_ batch: inout Batch) {
    state.withLock { $0.lanes.recycle(&batch) }
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
      var left: [PendingWindow] = []
      while let batch = state.lanes.take(now: .max, closing: true) {
        left += batch.windows
      }
      return left
    }
    state.notifyAll()
    return left
  }
}
