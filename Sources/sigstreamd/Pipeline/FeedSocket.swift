import StreamIO

extension FeedConfiguration.Socket {
  var kind: ZeroMQSocket.Kind {
    switch self {
    case .sub: .subscribe
    case .pull: .pull
    case .dealer: .dealer
    }
  }
}

extension FeedConfiguration {
  // How soon a feed without messages notices that it is to end.
  private static let receiveTimeoutMilliseconds = Int32(100)
  // How soon a dealer feed without messages tells its sender what is done with.
  private static let creditTimeoutMilliseconds = Int32(20)

  /// A socket for the feed's messages, which waits for each for a short time only; not yet bound or connected.
  func makeSocket(_ context: ZeroMQContext, keys: SocketKeys) throws(ZeroMQError) -> ZeroMQSocket {
    let kind = socket
    let socket = try ZeroMQSocket(context, kind.kind)
    try socket.setLinger(milliseconds: 0)
    try socket.setKeepAlive()
    // Messages somewhat too large are refused and counted; far beyond that libzmq drops the connection before it
    // stores them.
    try socket.setMaximumMessageBytes(max(4 * maximumMessageBytes, 1 << 20))
    try socket.setReceiveTimeout(
      milliseconds: kind == .dealer ? Self.creditTimeoutMilliseconds : Self.receiveTimeoutMilliseconds)
    // What there is to tell a sender is told when it can be, and never waited for.
    if kind == .dealer { try socket.setSendTimeout(milliseconds: 0) }
    if kind == .sub { try socket.subscribe(prefix: topic) }
    try keys.secure(socket, mode: mode, server: serverKey, name: name)
    return socket
  }
}
