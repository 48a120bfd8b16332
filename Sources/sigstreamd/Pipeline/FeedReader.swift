import StreamIO

/// Reads a feed's messages until it is told to stop, and then what has arrived.
struct FeedReader: Sendable {
  /// How long it reads on, if messages keep coming.
  static let lastReading = Duration.seconds(1)
  // How long nothing has to come to be all there is.
  private static let lastTimeoutMilliseconds = Int32(20)
  // Between two looks at the feed's connections and at streams that may have fallen silent.
  private static let reviewNanoseconds = Int64(1_000_000_000)
  // A turn that takes longer was held up: by a full queue, or the process was stopped.
  private static let longestTurnNanoseconds = Int64(500_000_000)
  // Between two looks whether it may read on.
  private static let pauseNanoseconds = Int64(20_000_000)

  let clock: PipelineClock
  let counters: FeedCounters
  private let isStopping = Monitor(false)

  init(clock: PipelineClock, counters: FeedCounters) { (self.clock, self.counters) = (clock, counters) }

  /// Lets `read` end when it has read what has arrived; from any thread.
  func stop() {
    isStopping.withLock { $0 = true }
    isStopping.notifyAll()
  }

  /// Hands each message to `processor`, until `stop`, or until the context is shut down.
  ///
  /// - Parameters:
  ///   - credit: of a feed that tells its sender how much it may send.
  ///   - mustPause: whether nothing more is to be read for now; then nothing is read at the end either.
  ///   - onForgotten: takes the names of streams whose memory was freed.
  func read(
    from socket: borrowing ZeroMQSocket, _ connections: borrowing ConnectionMonitor,
    into processor: inout FeedProcessor, credit: CreditLine? = nil, mustPause: () -> Bool = { false },
    onForgotten: ([String]) -> Void = { _ in }
  ) throws(ZeroMQError) {
    var credit = credit
    var message = ZeroMQMessage()
    var count = ConnectionCount()
    var turn = clock.monotonicNanoseconds()
    var nextReview = turn + Self.reviewNanoseconds
    // Time in which the feed did not listen, or its sender might not send: no silence of its streams.
    var unheard = Int64(0)
    var end: Int64?
    do {
      while true {
        let isPaused = mustPause()
        let isReceived = isPaused ? pause() : try socket.receive(into: &message)
        if isReceived {
          processor.process(message)
          credit?.take()
        }
        let now = clock.monotonicNanoseconds()
        if isPaused || credit?.isExhausted == true || now - turn > Self.longestTurnNanoseconds { unheard += now - turn }
        turn = now
        if end == nil && isStopping.withLock({ $0 }) {
          end = now + Self.lastReading.wholeNanoseconds
          try socket.setReceiveTimeout(milliseconds: Self.lastTimeoutMilliseconds)
        } else if let end, !isReceived || now >= end {
          return
        }
        if credit != nil {
          try follow(connections, &count, &credit)
          if end == nil { try credit?.send(on: socket, now: now) }
        }
        guard now >= nextReview else { continue }
        nextReview = now + Self.reviewNanoseconds
        let forgotten = processor.reviewStreams(unheardNanoseconds: unheard)
        unheard = 0
        if !forgotten.isEmpty { onForgotten(forgotten) }
        try follow(connections, &count, &credit)
      }
    } catch {
      if !error.isTerminated { throw error }
    }
  }

  /// Waits a moment, or until it is to stop; returns that nothing was received.
  private func pause() -> Bool {
    let end = MonotonicClock.nanoseconds() + Self.pauseNanoseconds
    return isStopping.wait { isStopping in
      isStopping || MonotonicClock.nanoseconds() >= end ? .done(false) : .wait(untilNanoseconds: end)
    }
  }

  private func follow(
    _ connections: borrowing ConnectionMonitor, _ count: inout ConnectionCount, _ credit: inout CreditLine?
  ) throws(ZeroMQError) {
    try count.update(connections) { credit?.follow($0) }
    counters.countConnections(again: count.reconnects, refused: count.refused)
  }
}
