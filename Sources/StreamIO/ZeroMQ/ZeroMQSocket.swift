import CZeroMQ
package import Foundation
import Glibc

/// A socket, made, used and closed on one thread: it can be moved but not copied, and is not `Sendable`.
package struct ZeroMQSocket: ~Copyable {
  /// The messaging patterns in use; the raw value is libzmq's.
  package enum Kind: Int32, Sendable {
    /// One peer, both ways; here for a socket's own events.
    case pair = 0
    case publish = 1
    case subscribe = 2
    /// Answers what one peer after the other asks.
    case reply = 4
    /// Both ways with one peer, or with several in turn.
    case dealer = 5
    /// Both ways with any number of peers; a message's first frame says which one it is from or to.
    case router = 6
    case pull = 7
    case push = 8
    /// A publisher that receives what its subscribers ask for: messages of one frame, 1 (wanted) or 0 (no longer) and
    /// the prefix.
    case extendedPublish = 9
  }

  package let kind: Kind
  let context: ZeroMQContext
  let handle: UnsafeMutableRawPointer

  /// - Throws: `ZeroMQError` when the context was shut down or has no room for another socket.
  package init(_ context: ZeroMQContext, _ kind: Kind) throws(ZeroMQError) {
    guard let handle = zmq_socket(context.handle, kind.rawValue) else { throw .last("create a socket") }
    // libzmq's own default is to wait for ever: closing a context could then hang on a peer that is gone.
    var milliseconds: Int32 = 1000
    guard zmq_setsockopt(handle, ZMQ_LINGER, &milliseconds, MemoryLayout<Int32>.size) == 0 else {
      let error = ZeroMQError.last("set the linger")
      zmq_close(handle)
      throw error
    }
    self.kind = kind
    self.context = context
    self.handle = handle
  }

  deinit { zmq_close(handle) }

  /// Closes the socket now; what was sent leaves in the background, for as long as its linger allows.
  package consuming func close() {}

  // MARK: Endpoints

  /// Opens an endpoint that peers connect to. The port may be 0 or `*`; see `boundEndpoint()`.
  ///
  /// libzmq takes the path of an `ipc://` endpoint away from another process without a word; here that is the error that
  /// it is for a port.
  package borrowing func bind(_ endpoint: String) throws(ZeroMQError) {
    try Self.checkPort(of: endpoint, "bind")
    try Self.checkPath(of: endpoint)
    try allowIPv6(for: endpoint)
    guard zmq_bind(handle, endpoint) == 0 else { throw .last("bind", endpoint: endpoint) }
  }

  /// Connects to an endpoint, now or as soon as somebody binds it, and again after each loss.
  package borrowing func connect(_ endpoint: String) throws(ZeroMQError) {
    try Self.checkPort(of: endpoint, "connect")
    try allowIPv6(for: endpoint)
    guard zmq_connect(handle, endpoint) == 0 else { throw .last("connect", endpoint: endpoint) }
  }

  // libzmq takes tcp://[::1]:5555 for the name of a network interface unless it is told.
  private borrowing func allowIPv6(for endpoint: String) throws(ZeroMQError) {
    if endpoint.hasPrefix("tcp://[") { try set(ZMQ_IPV6, to: Int32(1)) }
  }

  /// The endpoint bound last, with the port that the system chose.
  package borrowing func boundEndpoint() throws(ZeroMQError) -> String {
    let capacity = 1024
    var size = capacity
    var code: Int32 = 0
    let endpoint = String(unsafeUninitializedCapacity: capacity) { buffer in
      code = zmq_getsockopt(handle, ZMQ_LAST_ENDPOINT, buffer.baseAddress, &size)
      return code == 0 ? max(0, size - 1) : 0
    }
    guard code == 0 else { throw .last("ask for the endpoint") }
    return endpoint
  }

  // libzmq takes a port beyond the range modulo 65536, which nobody can mean.
  private static func checkPort(of endpoint: String, _ operation: String) throws(ZeroMQError) {
    guard endpoint.hasPrefix("tcp://"), let colon = endpoint.lastIndex(of: ":") else { return }
    if let port = Int(endpoint[endpoint.index(after: colon)...]), !(0...65535).contains(port) {
      throw ZeroMQError(
        operation: operation, endpoint: endpoint, code: EINVAL,
        message: "there is no port \(port); a port is a number from 1 to 65535, or * for any free one")
    }
  }

  // MARK: Options, set before bind and connect

  /// Receives the messages whose first frame starts with `prefix`; every one for an empty prefix.
  package borrowing func subscribe(prefix: String) throws(ZeroMQError) {
    var prefix = prefix
    let code = prefix.withUTF8 { zmq_setsockopt(handle, ZMQ_SUBSCRIBE, $0.baseAddress, $0.count) }
    guard code == 0 else { throw .last("subscribe") }
  }

  /// Messages that may wait in each direction, for each peer; 0 means no limit.
  package borrowing func setHighWaterMark(_ messages: Int32) throws(ZeroMQError) {
    try set(ZMQ_SNDHWM, to: messages)
    try set(ZMQ_RCVHWM, to: messages)
  }

  /// How long a closed socket may go on sending what waits, in milliseconds: 1000 unless set; -1
  /// means until it is sent.
  package borrowing func setLinger(milliseconds: Int32) throws(ZeroMQError) {
    try set(ZMQ_LINGER, to: milliseconds)
  }

  /// How long `receive` waits, in milliseconds; -1 (the default) means for ever.
  package borrowing func setReceiveTimeout(milliseconds: Int32) throws(ZeroMQError) {
    try set(ZMQ_RCVTIMEO, to: milliseconds)
  }

  /// How long `send` waits for room, in milliseconds; -1 (the default) means for ever.
  package borrowing func setSendTimeout(milliseconds: Int32) throws(ZeroMQError) {
    try set(ZMQ_SNDTIMEO, to: milliseconds)
  }

  /// Bytes of a frame beyond which libzmq drops the connection to the peer that sends it, before storing it.
  package borrowing func setMaximumMessageBytes(_ bytes: Int) throws(ZeroMQError) {
    try set(ZMQ_MAXMSGSIZE, to: Int64(bytes))
  }

  /// Notices, within half a minute, that a peer is gone without having said so: a machine that lost its power, a cable that
  /// was pulled. The connection is then made anew; without this a subscriber, which has nothing to send, would wait on a
  /// dead one for ever.
  ///
  /// By TCP, not by ZeroMQ's own heartbeats (`ZMQ_HEARTBEAT_IVL`): with these libzmq aborts the program when a peer resets
  /// the connection while its queue is full (zeromq/libzmq#4364), and cuts healthy connections that wait for room.
  package borrowing func setKeepAlive() throws(ZeroMQError) {
    try set(ZMQ_TCP_KEEPALIVE, to: Int32(1))
    try set(ZMQ_TCP_KEEPALIVE_IDLE, to: Int32(15))
    try set(ZMQ_TCP_KEEPALIVE_INTVL, to: Int32(5))
    try set(ZMQ_TCP_KEEPALIVE_CNT, to: Int32(3))
  }

  /// How long a peer that connects may take to say who it is before it is dropped, in milliseconds: 30,000 unless set.
  package borrowing func setHandshakeTimeout(milliseconds: Int32) throws(ZeroMQError) {
    try set(ZMQ_HANDSHAKE_IVL, to: milliseconds)
  }

  /// Makes an `extendedPublish` socket wait in `send` for a subscriber whose queue is full, instead of dropping the
  /// message for it.
  package borrowing func setWaitsForSubscribers() throws(ZeroMQError) {
    try set(ZMQ_XPUB_NODROP, to: Int32(1))
  }

  borrowing func set<Value: BitwiseCopyable>(_ option: Int32, to value: Value) throws(ZeroMQError) {
    let code = withUnsafeBytes(of: value) { zmq_setsockopt(handle, option, $0.baseAddress, $0.count) }
    guard code == 0 else { throw .last("set socket option \(option)") }
  }

  // MARK: Messages

  /// Receives one whole multipart message.
  ///
  /// - Returns: false when the receive timeout passed without one.
  /// - Throws: `ZeroMQError`, with `isTerminated` when the context was shut down.
  package borrowing func receive(into message: inout ZeroMQMessage) throws(ZeroMQError) -> Bool {
    switch message.receive(from: handle) {
    case 0: return true
    case EAGAIN: return false
    default: throw .last("receive")
    }
  }

  /// Sends one multipart message, whole or not at all.
  ///
  /// - Parameter frames: at least one; copied.
  /// - Returns: false when the send timeout passed without room for it.
  /// - Throws: `ZeroMQError`, with `isTerminated` when the context was shut down.
  package borrowing func send(_ frames: [Data]) throws(ZeroMQError) -> Bool {
    for (index, frame) in frames.enumerated() {
      guard try send(frame.bytes, hasMore: index + 1 < frames.count) else { return false }
    }
    return true
  }

  /// Sends one frame of a message, which leaves when its last frame is sent.
  ///
  /// - Parameters:
  ///   - frame: its bytes; copied.
  ///   - hasMore: whether another frame of the message follows.
  /// - Returns: false when the send timeout passed without room for the message, which only its first frame needs.
  /// - Throws: `ZeroMQError`, with `isTerminated` when the context was shut down.
  package borrowing func send(_ frame: RawSpan, hasMore: Bool) throws(ZeroMQError) -> Bool {
    let flags = hasMore ? ZMQ_SNDMORE : 0
    while frame.withUnsafeBytes({ zmq_send(handle, $0.baseAddress, $0.count, flags) }) < 0 {
      switch zmq_errno() {
      case EINTR: continue
      case EAGAIN: return false
      default: throw .last("send")
      }
    }
    return true
  }
}
