import Logging
import StreamIO

/// The keys of the daemon's sockets, read and checked.
struct SocketKeys: Sendable {
  /// nil: sockets speak plaintext.
  var own: CurveKeyPair?
  /// nil: every client that knows the public key may connect.
  var allowed: AllowList?

  static let none = SocketKeys()

  /// Makes the socket a CURVE server or client, where it is to be one, and bounds what a stranger can keep it busy with.
  ///
  /// - Parameters:
  ///   - server: the key of the peer that it connects to; nil: plaintext.
  ///   - name: for the guard's log: the feed's, or `output`.
  func secure(
    _ socket: borrowing ZeroMQSocket, mode: ConnectionMode, server: CurveKey?, name: String
  ) throws(ZeroMQError) {
    try socket.setHandshakeTimeout(milliseconds: 5000)
    guard let own else { return }
    switch mode {
    case .bind: try socket.serve(as: own, domain: name)
    case .connect:
      if let server { try socket.trust(server, as: own) }
    }
  }

  /// Starts the guard of a context, where clients are chosen, before its sockets are bound. It ends with the context.
  func startGuard(of context: ZeroMQContext, logger: Logger) throws {
    guard own != nil, let allowed else { return }
    let logger = logger.of(.security)
    _ = try PipelineThread.start(name: "guard", onFailure: { logger.error("the connection guard has ended: \($0)") }) {
      (ready: (Int) -> Void) in
      var connections = try ConnectionGuard(of: context)
      ready(0)
      var limiter = LogLimiter()
      try connections.run { isAllowed($0, by: allowed, &limiter, logger) }
    }
  }

  private func isAllowed(
    _ request: ConnectionRequest, by allowed: AllowList, _ limiter: inout LogLimiter, _ logger: Logger
  ) -> Bool {
    let client = allowed.client(request.key) { problem in
      if let problem {
        logger.error("the list of allowed clients stays as it was: \(problem)")
      } else if allowed.count == 0 {
        logger.warning("the list of allowed clients is empty now: nobody may connect any more")
      } else {
        logger.notice("read the list of allowed clients anew", metadata: ["clients": "\(allowed.count)"])
      }
    }
    if client != nil { return true }
    if let count = limiter.admit(request.domain, events: 1, now: MonotonicClock.nanoseconds()) {
      logger.warning(
        "refused a client whose key is not in \(allowed.path)",
        metadata: [
          "socket": "\(request.domain)", "address": "\(request.address)", "key": "\(request.key.z85)",
          "count": "\(count)",
        ])
    }
    return false
  }
}
