import CZeroMQ
import Glibc

extension ZeroMQSocket {
  /// Lets in only peers that know the public key of `keys` and encrypts all that is said. Before `bind`.
  ///
  /// - Parameter domain: how a ``ConnectionGuard`` of the context, where there is one, knows the socket.
  package borrowing func serve(as keys: CurveKeyPair, domain: String) throws(ZeroMQError) {
    try set(ZMQ_CURVE_SERVER, to: Int32(1))
    try setKey(ZMQ_CURVE_SECRETKEY, keys.secret)
    var domain = domain
    let code = domain.withUTF8 { zmq_setsockopt(handle, ZMQ_ZAP_DOMAIN, $0.baseAddress, $0.count) }
    guard code == 0 else { throw .last("set the authentication domain") }
  }

  /// Talks only to a peer that has the secret key of `server`, as the client `keys`. Before `connect`.
  package borrowing func trust(_ server: CurveKey, as keys: CurveKeyPair) throws(ZeroMQError) {
    try setKey(ZMQ_CURVE_SERVERKEY, server)
    try setKey(ZMQ_CURVE_PUBLICKEY, keys.publicKey)
    try setKey(ZMQ_CURVE_SECRETKEY, keys.secret)
  }

  private borrowing func setKey(_ option: Int32, _ key: CurveKey) throws(ZeroMQError) {
    guard zmq_setsockopt(handle, option, key.bytes, key.bytes.count) == 0 else {
      if zmq_errno() == EINVAL {
        throw ZeroMQError(
          operation: "set a key", endpoint: nil, code: EINVAL,
          message: "libzmq has no CURVE: install one that was built with libsodium")
      }
      throw .last("set a key")
    }
  }
}
