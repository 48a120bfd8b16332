import Foundation
import Logging
import StreamIO

/// The thread that gives subscribers what they missed, out of the history: a ROUTER for their REQ or DEALER sockets.
///
/// One answer to each request, of a bounded number of results. It reads the file for itself, and a subscriber that does not
/// take its answers loses them, so neither publishing nor the history's writing ever waits for it.
struct CatchUpServer: Sendable {
  /// Results in one answer.
  static let pageResults = 1000
  // For the log.
  private static let name = "catch-up"
  // Answers that may wait for a subscriber.
  private static let highWaterMark: Int32 = 16
  private static let maximumRequestBytes = 4096
  // How long what was published last may take to be in the history.
  private static let flushWait = Duration.seconds(1)
  // How soon peers that were not let in are told of.
  private static let receiveTimeoutMilliseconds = Int32(1000)

  let configuration: CatchUpConfiguration
  let keys: SocketKeys
  let history: HistoryWriter
  let losses: LossLog
  let logger: Logger

  /// Opens the socket on a thread of its own, which ends when the context is shut down.
  ///
  /// - Returns: the thread, and the endpoint with the port that the system chose, if it had to.
  /// - Throws: `ZeroMQError` when the socket can't be opened, `HistoryError` when the history can't.
  func start(_ context: ZeroMQContext) throws -> (thread: PipelineThread, endpoint: String) {
    let (thread, endpoint) = try PipelineThread.start(
      name: "catch-up",
      onFailure: { logger.error("subscribers get no more of what they missed, until a restart: \($0)") }
    ) { (ready: (String) -> Void) in
      var file = try HistoryFile(path: history.path)
      try keys.startGuard(of: context, logger: logger)
      let socket = try makeSocket(context)
      let connections = try socket.makeMonitor()
      defer { socket.endMonitor() }
      try socket.bind(configuration.endpoint.text)
      ready(try socket.boundEndpoint())
      try serve(socket, connections, &file)
    }
    return (thread, endpoint)
  }

  private func makeSocket(_ context: ZeroMQContext) throws(ZeroMQError) -> ZeroMQSocket {
    let socket = try ZeroMQSocket(context, .router)
    try socket.setHighWaterMark(Self.highWaterMark)
    try socket.setLinger(milliseconds: 0)
    try socket.setKeepAlive()
    try socket.setMaximumMessageBytes(Self.maximumRequestBytes)
    try socket.setReceiveTimeout(milliseconds: Self.receiveTimeoutMilliseconds)
    try keys.secure(socket, mode: .bind, server: nil, name: Self.name)
    return socket
  }

  private func serve(
    _ socket: borrowing ZeroMQSocket, _ connections: borrowing ConnectionMonitor, _ file: inout HistoryFile
  ) throws(ZeroMQError) {
    var message = ZeroMQMessage()
    var count = ConnectionCount()
    var failures = LogLimiter()
    do {
      while true {
        let isReceived = try socket.receive(into: &message)
        try count.update(connections)
        losses.note(FeedCounters.refusal, feed: Self.name, count: count.refused)
        guard isReceived else { continue }
        let (envelope, request) = Self.split(message)
        _ = try socket.send(envelope + answer(request, &file, &failures))
      }
    } catch {
      if !error.isTerminated { throw error }
    }
  }

  /// The frames that the answer has to begin with (the peer's identity, and a REQ socket's empty one), and the request's.
  private static func split(_ message: borrowing ZeroMQMessage) -> (envelope: [Data], request: [String]) {
    let frames = (0..<min(message.count, ZeroMQMessage.maximumFrames)).map { index in
      message.withFrame(index) { $0.withUnsafeBytes { Data($0) } }
    }
    let head = frames.count > 1 && frames[1].isEmpty ? 2 : 1
    return (Array(frames.prefix(head)), frames.dropFirst(head).map { String(decoding: $0, as: UTF8.self) })
  }

  private func answer(_ request: [String], _ file: inout HistoryFile, _ failures: inout LogLimiter) -> [Data] {
    do throws(CatchUpRequestError) {
      let request = try CatchUpRequest(request)
      if !history.flush(within: Self.flushWait), history.isWaiting(request.asks(for:)) {
        throw CatchUpRequestError(
          message: "not all that was published is in the history yet, as its disc is full or slow: ask again later")
      }
      return try read(request, &file, &failures)
    } catch {
      return [CatchUpReply(error: error.message).encode()]
    }
  }

  private func read(
    _ request: CatchUpRequest, _ file: inout HistoryFile, _ failures: inout LogLimiter
  ) throws(CatchUpRequestError) -> [Data] {
    do {
      // The writer has made another where this one was deleted or moved.
      if !file.isCurrent { file = try HistoryFile(path: history.path) }
      return try file.read { database in
        let (reply, bodies) =
          switch request {
          case .replay(let feed, let stream, let epoch, let sequences):
            try CatchUpAnswer.replay(
              feed: feed, stream: stream, epoch: epoch, sequences: sequences, limit: Self.pageResults, in: database)
          case .snapshot(let after):
            try CatchUpAnswer.snapshot(after: after, limit: Self.pageResults, in: database)
          }
        return [reply.encode()] + bodies.map { Data($0.utf8) }
      }
    } catch {
      if let count = failures.admit("read", now: MonotonicClock.nanoseconds()) {
        logger.error("the history can't be read: \(error)", metadata: ["count": "\(count)"])
      }
      throw CatchUpRequestError(message: "the history can't be read just now: ask again later")
    }
  }
}
