import Logging
import StreamIO
import Windowing

/// One source of samples: a thread that owns the feed's socket and its streams.
struct Feed: Sendable {
  /// The feed's place in the configuration.
  let index: Int
  let configuration: FeedConfiguration
  let keys: SocketKeys
  /// The model's.
  let channels: Int
  let counters: FeedCounters
  let queue: BatchQueue
  let clock: PipelineClock
  let logger: Logger
  /// Whether the feed is to end when it has read what has arrived.
  let isStopping: Monitor<Bool>
  /// Takes the names of streams whose memory was freed.
  let onForgotten: @Sendable ([String]) -> Void

  /// How long a feed that is to end reads on, if messages keep coming.
  static let lastReading = Duration.seconds(1)
  // How soon a feed without messages notices that it is to end.
  private static let receiveTimeoutMilliseconds = Int32(100)
  // How long nothing has to come to be all there is.
  private static let lastTimeoutMilliseconds = Int32(20)
  // Between two looks at the feed's connections and at streams that may have fallen silent.
  private static let reviewNanoseconds = Int64(1_000_000_000)

  /// Opens the socket on a thread of its own and starts to receive.
  ///
  /// The thread ends when it is told to stop and has read what has arrived, or when the context is shut down.
  ///
  /// - Parameter onFailure: called with an error that ends the thread otherwise.
  /// - Returns: the thread, and the endpoint with the port that the system chose, if it had to.
  /// - Throws: `ZeroMQError` when the socket can't be opened.
  func start(
    _ context: ZeroMQContext, onFailure: @escaping @Sendable (any Error) -> Void
  ) throws -> (thread: PipelineThread, endpoint: String) {
    let (thread, endpoint) = try PipelineThread.start(name: "feed \(configuration.name)", onFailure: onFailure) {
      (ready: (String) -> Void) in
      let socket = try makeSocket(context)
      let connections = try socket.makeMonitor()
      try open(socket)
      ready(configuration.mode == .bind ? try socket.boundEndpoint() : configuration.endpoint.text)
      try receive(from: socket, connections)
    }
    return (thread, endpoint)
  }

  private func makeSocket(_ context: ZeroMQContext) throws(ZeroMQError) -> ZeroMQSocket {
    let socket = try ZeroMQSocket(context, configuration.socket == .sub ? .subscribe : .pull)
    try socket.setLinger(milliseconds: 0)
    try socket.setKeepAlive()
    // Messages somewhat too large are refused and counted; far beyond that libzmq drops the connection before it
    // stores them.
    try socket.setMaximumMessageBytes(max(4 * configuration.maximumMessageBytes, 1 << 20))
    try socket.setReceiveTimeout(milliseconds: Self.receiveTimeoutMilliseconds)
    if configuration.socket == .sub { try socket.subscribe(prefix: configuration.topic) }
    try keys.secure(socket, mode: configuration.mode, server: configuration.serverKey, name: configuration.name)
    return socket
  }

  private func open(_ socket: borrowing ZeroMQSocket) throws(ZeroMQError) {
    switch configuration.mode {
    case .connect: try socket.connect(configuration.endpoint.text)
    case .bind: try socket.bind(configuration.endpoint.text)
    }
  }

  private func receive(
    from socket: borrowing ZeroMQSocket, _ connections: borrowing ConnectionMonitor
  ) throws(ZeroMQError) {
    var processor = FeedProcessor(
      configuration, channels: channels, counters: counters, clock: clock, logger: logger
    ) { stream, window, samples in
      let due = configuration.overload.due(acquired: window.endMicroseconds, clock: clock)
      let pending = PendingWindow(feed: index, stream: stream, window: window, due: due)
      if queue.append(pending, samples: samples) != nil { counters.countDropped() }
    }
    var message = ZeroMQMessage()
    var count = ConnectionCount()
    var nextReview = clock.monotonicNanoseconds() + Self.reviewNanoseconds
    var end: Int64?
    do {
      while true {
        let isReceived = try socket.receive(into: &message)
        if isReceived { processor.process(message) }
        let now = clock.monotonicNanoseconds()
        if end == nil && isStopping.withLock({ $0 }) {
          end = now + Self.lastReading.wholeNanoseconds
          try socket.setReceiveTimeout(milliseconds: Self.lastTimeoutMilliseconds)
        } else if let end, !isReceived || now >= end {
          return
        }
        guard now >= nextReview else { continue }
        nextReview = now + Self.reviewNanoseconds
        let forgotten = processor.reviewStreams()
        if !forgotten.isEmpty { onForgotten(forgotten) }
        try count.update(connections)
        counters.countConnections(again: count.reconnects, refused: count.refused)
      }
    } catch {
      if !error.isTerminated { throw error }
    }
  }
}
