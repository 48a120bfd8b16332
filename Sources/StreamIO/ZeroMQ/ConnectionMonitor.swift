import CZeroMQ
import Glibc

/// Tells of the connections that a socket makes and loses. Used on the socket's thread.
package struct ConnectionMonitor: ~Copyable {
  package enum Event: Sendable {
    case made, lost
    /// A peer that did not get as far as a connection: it said nothing in time or nothing sensible, has another key than it
    /// must have, or is not allowed. libzmq tells of its loss next.
    case refused
  }
  private static let refusals =
    ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL | ZMQ_EVENT_HANDSHAKE_FAILED_AUTH
  private static let events = ZMQ_EVENT_HANDSHAKE_SUCCEEDED | ZMQ_EVENT_DISCONNECTED | refusals

  private let socket: ZeroMQSocket

  fileprivate init(of socket: borrowing ZeroMQSocket) throws(ZeroMQError) {
    // Unlike any other in the context while the socket lives.
    let endpoint = "inproc://monitor-\(UInt(bitPattern: socket.handle))"
    guard zmq_socket_monitor(socket.handle, endpoint, Self.events) == 0 else { throw .last("monitor a socket") }
    let pair = try ZeroMQSocket(socket.context, .pair)
    try pair.setLinger(milliseconds: 0)
    try pair.setReceiveTimeout(milliseconds: 0)
    // No bound: what finds no room is waited for by libzmq's I/O thread, which all sockets of the context share.
    try pair.set(ZMQ_RCVHWM, to: Int32(0))
    try pair.connect(endpoint)
    self.socket = pair
  }

  /// What happened next; nil when nothing more has.
  ///
  /// - Throws: `ZeroMQError`, with `isTerminated` when the context was shut down.
  package borrowing func next() throws(ZeroMQError) -> Event? {
    var message = ZeroMQMessage()
    guard try socket.receive(into: &message) else { return nil }
    // The event's number and a value, in the machine's byte order; the endpoint is in a second frame.
    let number = message.withFrame(0) { $0.byteCount >= 2 ? $0.unsafeLoadUnaligned(as: UInt16.self) : 0 }
    if Int32(number) & Self.refusals != 0 { return .refused }
    return Int32(number) == ZMQ_EVENT_DISCONNECTED ? .lost : .made
  }
}

extension ZeroMQSocket {
  /// A monitor of the connections to come; made before `bind` or `connect` it misses none. To be ended by `endMonitor` before
  /// it goes.
  package borrowing func makeMonitor() throws(ZeroMQError) -> ConnectionMonitor { try ConnectionMonitor(of: self) }

  /// Has libzmq tell the monitor nothing more. Else its I/O thread, which all sockets of the context share, may wait for ever
  /// to tell a monitor that is gone (zeromq/libzmq#3575).
  package borrowing func endMonitor() { _ = zmq_socket_monitor(handle, nil, 0) }
}
