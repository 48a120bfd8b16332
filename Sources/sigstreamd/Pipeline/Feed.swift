import Logging
import StreamIO

/// One source of samples: a thread that owns the feed's socket and its streams.
struct Feed: Sendable {
  /// The feed's place in the configuration.
  let index: Int
  let configuration: FeedConfiguration
  /// The lane of the feed's model.
  let lane: Int
  /// The model's.
  let channels: Int
  /// Of every feed: a window that is dropped is not always of the feed that came upon the full queue.
  let counters: [FeedCounters]
  let queue: BatchQueue
  let clock: PipelineClock
  let logger: Logger

  /// Opens the socket on a thread of its own and starts to receive.
  ///
  /// The thread ends when the context is shut down.
  ///
  /// - Parameter onFailure: called with an error that ends the thread otherwise.
  /// - Returns: the thread, and the endpoint with the port that the system chose, if it had to.
  /// - Throws: `ZeroMQError` when the socket can't be opened.
  func start(
    _ context: ZeroMQContext, onFailure: @escaping @Sendable (any Error) -> Void
  ) throws -> (thread: PipelineThread, endpoint: String) {
    let (thread, endpoint) = try PipelineThread.start(name: "feed \(configuration.name)", onFailure: onFailure) {
      (ready: (String) -> Void) in
      let socket = try openSocket(context)
      ready(configuration.mode == .bind ? try socket.boundEndpoint() : configuration.endpoint.text)
      try receive(from: socket)
    }
    return (thread, endpoint)
  }

  private func openSocket(_ context: ZeroMQContext) throws(ZeroMQError) -> ZeroMQSocket {
    let socket = try ZeroMQSocket(context, configuration.socket == .sub ? .subscribe : .pull)
    try socket.setLinger(milliseconds: 0)
    try socket.setKeepAlive()
    // Messages somewhat too large are refused and counted; far beyond that libzmq drops the connection before it
    // stores them.
    try socket.setMaximumMessageBytes(max(4 * configuration.maximumMessageBytes, 1 << 20))
    if configuration.socket == .sub { try socket.subscribe(prefix: configuration.topic) }
    switch configuration.mode {
    case .connect: try socket.connect(configuration.endpoint.text)
    case .bind: try socket.bind(configuration.endpoint.text)
    }
    return socket
  }

  private func receive(from socket: borrowing ZeroMQSocket) throws(ZeroMQError) {
    var drops = LogLimiter()
    var processor = FeedProcessor(
      configuration, channels: channels, counters: counters[index], clock: clock, logger: logger
    ) { stream, window, samples in
      let pending = PendingWindow(feed: index, stream: stream, window: window)
      guard let dropped = queue.append(pending, samples: samples, lane: lane) else { return }
      counters[dropped.feed].countDropped()
      guard let count = drops.admit("dropped", now: clock.monotonicNanoseconds()) else { return }
      logger.warning(
        "the workers can't keep up: oldest windows dropped",
        metadata: ["feed": "\(counters[dropped.feed].feed)", "count": "\(count)"])
    }
    var message = ZeroMQMessage()
    do {
      while true {
        if try socket.receive(into: &message) { processor.process(message) }
      }
    } catch {
      if !error.isTerminated { throw error }
    }
  }
}
