import CZeroMQ
import Glibc

/// Why a ZeroMQ call failed.
package struct ZeroMQError: Error, Sendable, Hashable, CustomStringConvertible {
  /// What was attempted: `bind`, `connect`, `receive`, ….
  package var operation: String
  /// The endpoint concerned, for `bind` and `connect`.
  package var endpoint: String?
  /// The `errno` of the call.
  package var code: Int32
  /// What the code means here and, where something can be done about it, what.
  package var message: String

  package var description: String {
    let place = endpoint.map { " \($0)" } ?? ""
    return "\(operation)\(place): \(message)"
  }

  /// Whether the call ended because the socket's context was shut down.
  package var isTerminated: Bool { code == sigstreamd_zmq_eterm() }

  /// Whether another socket has the address.
  package var isAddressInUse: Bool { code == EADDRINUSE }

  /// The error that the last failed call of this thread left behind.
  static func last(_ operation: String, endpoint: String? = nil) -> ZeroMQError {
    let code = zmq_errno()
    return ZeroMQError(
      operation: operation, endpoint: endpoint, code: code,
      message: explanation(code, endpoint: endpoint) ?? String(cString: zmq_strerror(code)))
  }

  private static func explanation(_ code: Int32, endpoint: String?) -> String? {
    guard let endpoint else { return nil }
    return switch code {
    case EADDRINUSE: "the address is in use by another socket; stop the program that has it, or choose another port"
    case EADDRNOTAVAIL: "this machine has no such address; bind to one of its own, or to *"
    case ENODEV: "this machine has no such network interface; write an address, as 127.0.0.1, or an interface's name"
    case EPROTONOSUPPORT: "the transport '\(endpoint.prefix { $0 != ":" })' is not known; use tcp:// or ipc://"
    case EINVAL: "not an endpoint; write it like tcp://127.0.0.1:5555 or ipc:///run/sigstreamd/ecg"
    case EACCES, EPERM: "permission denied; ports below 1024 and protected folders need more rights"
    case ENOENT: "there is no such folder"
    case ENAMETOOLONG: "the path is too long for a socket (at most 107 bytes)"
    case ECONNREFUSED: "nothing is bound there"
    default: nil
    }
  }
}
