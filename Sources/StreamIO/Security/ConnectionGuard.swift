import Foundation

/// A client that asks to be let in.
package struct ConnectionRequest: Sendable, Equatable {
  /// The socket that it connects to; see `ZeroMQSocket.serve(as:domain:)`.
  package let domain: String
  /// Its network address, where it has one.
  package let address: String
  package let key: CurveKey
}

/// Decides which clients the CURVE servers of a context let in: the handler of ZeroMQ's authentication protocol (ZAP, RFC
/// 27). Made before those sockets are bound, and used on one thread.
package struct ConnectionGuard: ~Copyable {
  private let socket: ZeroMQSocket
  private var message = ZeroMQMessage()

  private static let endpoint = "inproc://zeromq.zap.01"
  private static let version = Data("1.0".utf8)

  /// - Throws: `ZeroMQError`, as where the context has a guard already.
  package init(of context: ZeroMQContext) throws(ZeroMQError) {
    let socket = try ZeroMQSocket(context, .reply)
    try socket.setLinger(milliseconds: 0)
    try socket.bind(Self.endpoint)
    self.socket = socket
  }

  /// Answers requests until the context is shut down.
  ///
  /// - Parameter isAllowed: what the answer is; whoever does not come with a CURVE key is refused without being asked.
  /// - Throws: `ZeroMQError` for another reason.
  package mutating func run(_ isAllowed: (ConnectionRequest) -> Bool) throws(ZeroMQError) {
    do throws(ZeroMQError) {
      while true {
        guard try socket.receive(into: &message) else { continue }
        let isWelcome = request.map(isAllowed) ?? false
        let (code, text) = isWelcome ? ("200", "OK") : ("400", "not allowed")
        let id = message.count > 1 ? frame(1) : Data()
        _ = try socket.send([Self.version, id, Data(code.utf8), Data(text.utf8), Data(), Data()])
      }
    } catch {
      if !error.isTerminated { throw error }
    }
  }

  /// The request that was received: version, number, domain, address, identity, mechanism and the key.
  private var request: ConnectionRequest? {
    guard message.count == 7, frame(0) == Self.version, frame(5) == Data("CURVE".utf8) else { return nil }
    guard let key = CurveKey(bytes: Array(frame(6))) else { return nil }
    return ConnectionRequest(
      domain: String(decoding: frame(2), as: UTF8.self), address: String(decoding: frame(3), as: UTF8.self), key: key)
  }

  private func frame(_ index: Int) -> Data {
    message.withFrame(index) { $0.withUnsafeBytes { Data($0) } }
  }
}
