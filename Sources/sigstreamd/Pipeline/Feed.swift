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
  private let reader: FeedReader

  private var configuration: FeedConfiguration { live.configuration }

  init(
    _ live: LiveFeed, keys: SocketKeys, channels: Int, queue: BatchQueue, clock: PipelineClock, logger: Logger,
    history: HistoryWriter?, recorder: Recorder?, onForgotten: @escaping @Sendable ([String]) -> Void
  ) {
    (self.live, self.keys, self.channels) = (live, keys, channels)
    (self.queue, self.clock, self.logger) = (queue, clock, logger)
    (self.history, self.recorder, self.onForgotten) = (history, recorder, onForgotten)
    reader = FeedReader(clock: clock, counters: live.counters)
  }

  /// Lets the thread end when it has read what has arrived.
  func stop() { reader.stop() }

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
      defer { socket.endMonitor() }
      var processor = makeProcessor(try starts())
      defer { live.nextEpoch.withLock { $0 = processor.nextEpoch } }
      ready(try socket.open(configuration.endpoint, mode: configuration.mode))
      try reader.read(
        from: socket, connections, into: &processor, credit: makeCreditLine(), mustPause: mustPause,
        onForgotten: onForgotten)
    }
    return (thread, endpoint)
  }

  private func makeProcessor(_ starts: [String: StreamStart]) -> FeedProcessor {
    FeedProcessor(
      configuration, channels: channels, counters: live.counters, clock: clock, logger: logger, starts: starts,
      nextEpoch: live.nextEpoch.withLock(\.self), acknowledgements: live.acknowledgements,
      recorder: recorder
    ) { stream, window, acquired, samples in
      let due = configuration.overload.due(acquired: acquired, now: clock.monotonicNanoseconds())
      let pending = PendingWindow(feed: live, stream: stream, window: window, acquired: acquired, due: due)
      if let dropped = queue.append(pending, samples: samples) {
        live.dropped(dropped)
      }
    }
  }

  /// A sender that takes no notice of its credit must not fill the memory while the history can't be written.
  private func mustPause() -> Bool { live.acknowledgements != nil && history?.isFull ?? false }

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
}
