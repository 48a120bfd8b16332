import Logging
import StreamIO
import Windowing

/// One source of samples: a thread that owns the feed's socket and its streams.
struct Feed: Sendable {
  let live: LiveFeed
  let keys: SocketKeys
  /// The model's.
  let channels: Int
  let queue: BatchQueue
  let clock: PipelineClock
  let logger: Logger
  let history: HistoryWriter?
  let recorder: Recorder?
  /// Takes the names of streams whose memory was freed.
  let onForgotten: @Sendable ([String]) -> Void
  // Whether the feed is to end when it has read what has arrived.
  private let isStopping = Monitor(false)

  private var configuration: FeedConfiguration { live.configuration }

  /// How long a feed that is to end reads on, if messages keep coming.
  static let lastReading = Duration.seconds(1)
  // How long nothing has to come to be all there is.
  private static let lastTimeoutMilliseconds = Int32(20)
  // Between two looks at the feed's connections and at streams that may have fallen silent.
  private static let reviewNanoseconds = Int64(1_000_000_000)

  init(
    _ live: LiveFeed, keys: SocketKeys, channels: Int, queue: BatchQueue, clock: PipelineClock, logger: Logger,
    history: HistoryWriter?, recorder: Recorder?, onForgotten: @escaping @Sendable ([String]) -> Void
  ) {
    (self.live, self.keys, self.channels) = (live, keys, channels)
    (self.queue, self.clock, self.logger) = (queue, clock, logger)
    (self.history, self.recorder, self.onForgotten) = (history, recorder, onForgotten)
  }

  /// Lets the thread end when it has read what has arrived.
  func stop() { isStopping.withLock { $0 = true } }

  /// Opens the socket on a thread of its own and starts to receive.
  ///
  /// The thread ends when it is told to stop and has read what has arrived, or when the context is shut down.
  ///
  /// - Parameter onFailure: called with an error that ends the thread otherwise.
  /// - Returns: the thread, and the endpoint with the port that the system chose, if it had to.
  /// - Throws: `ZeroMQError` when the socket can't be opened, `HistoryError` when the history can't be read.
  func start(
    _ context: ZeroMQContext, onFailure: @escaping @Sendable (any Error) -> Void
  ) throws -> (thread: PipelineThread, endpoint: String) {
    let (thread, endpoint) = try PipelineThread.start(name: "feed \(configuration.name)", onFailure: onFailure) {
      (ready: (String) -> Void) in
      let socket = try configuration.makeSocket(context, keys: keys)
      let connections = try socket.makeMonitor()
      let starts = try starts()
      ready(try socket.open(configuration.endpoint, mode: configuration.mode))
      try receive(from: socket, connections, starts: starts)
    }
    return (thread, endpoint)
  }

  private func receive(
    from socket: borrowing ZeroMQSocket, _ connections: borrowing ConnectionMonitor, starts: [String: StreamStart]
  ) throws(ZeroMQError) {
    var processor = makeProcessor(starts)
    defer { live.nextEpoch.withLock { $0 = processor.nextEpoch } }
    var credit = makeCreditLine()
    var message = ZeroMQMessage()
    var count = ConnectionCount()
    var nextReview = clock.monotonicNanoseconds() + Self.reviewNanoseconds
    var end: Int64?
    do {
      while true {
        let isReceived = try socket.receive(into: &message)
        if isReceived {
          processor.process(message)
          credit?.take()
        }
        let now = clock.monotonicNanoseconds()
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
        let forgotten = processor.reviewStreams()
        if !forgotten.isEmpty { onForgotten(forgotten) }
        try follow(connections, &count, &credit)
      }
    } catch {
      if !error.isTerminated { throw error }
    }
  }

  private func makeProcessor(_ starts: [String: StreamStart]) -> FeedProcessor {
    FeedProcessor(
      configuration, channels: channels, counters: live.counters, clock: clock, logger: logger, starts: starts,
      nextEpoch: live.nextEpoch.withLock(\.self), acknowledgements: live.acknowledgements,
      recorder: recorder
    ) { stream, window, samples in
      let acquired = clock.monotonicNanoseconds(ofDate: window.endMicroseconds)
      let due = configuration.overload.due(acquired: acquired, now: clock.monotonicNanoseconds())
      let pending = PendingWindow(feed: live, stream: stream, window: window, acquired: acquired, due: due)
      if let dropped = queue.append(pending, samples: samples) {
        live.counters.countDropped()
        live.ended(dropped)
      }
    }
  }

  private func makeCreditLine() -> CreditLine? {
    live.acknowledgements.map { acknowledgements in
      CreditLine(feed: live.name, acknowledgements: acknowledgements) { history?.isBehind ?? false }
    }
  }

  /// Where the feed's streams begin that an earlier daemon left.
  private func starts() throws -> [String: StreamStart] {
    guard let history else { return [:] }
    return try history.positions(feed: live.name).mapValues {
      StreamStart(
        after: $0, isContinued: configuration.socket == .dealer, hopSamples: configuration.window.hopSamples)
    }
  }

  private func follow(
    _ connections: borrowing ConnectionMonitor, _ count: inout ConnectionCount, _ credit: inout CreditLine?
  ) throws(ZeroMQError) {
    try count.update(connections) { credit?.follow($0) }
    live.counters.countConnections(again: count.reconnects, refused: count.refused)
  }
}
