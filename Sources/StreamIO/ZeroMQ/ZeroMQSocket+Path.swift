import Glibc

extension ZeroMQSocket {
  /// - Throws: `ZeroMQError` when somebody listens at the path of an `ipc://` endpoint.
  static func checkPath(of endpoint: String) throws(ZeroMQError) {
    guard endpoint.hasPrefix("ipc:///"), isListening(at: String(endpoint.dropFirst("ipc://".count))) else { return }
    throw ZeroMQError(
      operation: "bind", endpoint: endpoint, code: EADDRINUSE,
      message: "another program listens there; stop it, or choose another path")
  }

  private static func isListening(at path: String) -> Bool {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let capacity = MemoryLayout.size(ofValue: address.sun_path)
    guard path.utf8.count < capacity else { return false }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let probe = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard probe >= 0 else { return false }
    defer { Glibc.close(probe) }
    let size = socklen_t(MemoryLayout<sockaddr_un>.size)
    return withUnsafePointer(to: &address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(probe, $0, size) == 0 }
    }
  }
}
