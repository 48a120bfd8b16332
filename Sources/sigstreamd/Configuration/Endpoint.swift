import Glibc

/// Whether a socket waits for its peers at an address of its own, or goes to theirs.
enum ConnectionMode: String, CaseIterable, Sendable {
  case connect, bind
}

/// Why a text is not an endpoint; `message` says what to write instead.
struct EndpointError: Error, Sendable, Equatable {
  var message: String
}

/// A ZeroMQ address between processes: `tcp://host:port` or `ipc:///path`.
struct Endpoint: Sendable, Hashable, CustomStringConvertible {
  /// The address as ZeroMQ takes it.
  let text: String

  var description: String { text }

  /// Where results go if the configuration gives no address.
  static let defaultOutput = Endpoint(checked: "tcp://127.0.0.1:5556")

  /// Whether a bind to it picks a free address: port 0 or `*`.
  var isEphemeral: Bool { text == "ipc://*" || text.hasSuffix(":*") || text.hasSuffix(":0") }

  /// What comes after `tcp://`, or the whole of another endpoint.
  var address: String { text.strippingPrefix("tcp://") ?? text }

  /// The host and the port of a `tcp://` endpoint, as they stand there.
  private var hostAndPort: (host: Substring, port: Substring)? {
    guard let address = text.strippingPrefix("tcp://"), let colon = address.lastIndex(of: ":") else { return nil }
    return (address[..<colon], address[address.index(after: colon)...])
  }

  /// Whether only programs on this machine can reach a socket that binds to it.
  var isLocal: Bool { hostAndPort.map { Self.isLocal(host: String($0.host)) } ?? true }

  /// Whether a socket that binds to it keeps another from binding to `other`: the addresses are the same, or one is all
  /// that the machine has.
  func excludes(_ other: Endpoint) -> Bool {
    guard !isEphemeral, !other.isEphemeral else { return false }
    guard let mine = hostAndPort, let others = other.hostAndPort else { return text == other.text }
    guard Int(mine.port) == Int(others.port) else { return false }
    let hosts = [mine.host, others.host]
    if mine.host == others.host || hosts.contains(where: { ["*", "0.0.0.0", "[::]"].contains($0) }) { return true }
    return hosts.contains("localhost") && hosts.allSatisfy { ["localhost", "127.0.0.1", "[::1]"].contains($0) }
  }

  /// Whether `host` is this machine's name for itself.
  static func isLocal(host: String) -> Bool {
    ["localhost", "[::1]", "::1", "lo"].contains(host)
      || host.wholeMatch(of: /127\.[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}/) != nil
  }

  /// - Parameter mode: `*` (all interfaces, any port) and port 0 are for a bind only.
  /// - Throws: `EndpointError` where `text` is no address that two processes can meet at.
  init(_ text: String, mode: ConnectionMode) throws(EndpointError) {
    if let address = text.strippingPrefix("tcp://") {
      try Self.checkTCP(address, mode: mode)
    } else if let path = text.strippingPrefix("ipc://") {
      try Self.checkIPC(path, mode: mode)
    } else if text.hasPrefix("inproc://") {
      throw EndpointError(
        message: "'\(text)' works only inside one process: write 'tcp://127.0.0.1:5555' or 'ipc:///run/feed.sock'")
    } else {
      throw EndpointError(
        message: "'\(text)' is not an endpoint: write 'tcp://127.0.0.1:5555' (or another host and port) or "
          + "'ipc:///run/feed.sock'")
    }
    self.text = text
  }

  private init(checked text: String) { self.text = text }

  /// - Parameter host: a name or address; an IPv6 one without brackets.
  init(host: String, port: Int) { text = "tcp://\(host.contains(":") ? "[\(host)]" : host):\(port)" }

  private static func checkTCP(_ address: String, mode: ConnectionMode) throws(EndpointError) {
    guard let match = address.wholeMatch(of: /(\[[0-9A-Fa-f:.%A-Za-z0-9]+\]|\*|[A-Za-z0-9._-]+):(\*|[0-9]{1,5})/) else {
      throw EndpointError(message: "'tcp://\(address)' has no host and port: write 'tcp://127.0.0.1:5555'")
    }
    let host = match.1
    if match.2 != "*", let port = Int(match.2), port > 65535 {
      throw EndpointError(message: "'tcp://\(address)' has the port \(port): write one from 1 to 65535")
    }
    if mode == .connect, host == "*" || match.2 == "*" || Int(match.2) == 0 {
      throw EndpointError(
        message: "'tcp://\(address)' names no peer to connect to: write its host and port, or use bind")
    }
    if mode == .bind { try checkBound(host: String(host), address) }
  }

  /// A socket binds to an address or to an interface, and looks no name up. Which interfaces there are shows when it does.
  private static func checkBound(host: String, _ address: String) throws(EndpointError) {
    var parsed = in_addr()
    let isNumber = host.allSatisfy { $0.isNumber || $0 == "." }
    // An interface's name has 15 bytes at the most.
    let isLong = !host.hasPrefix("[") && host.utf8.count > 15
    let isBound = isNumber ? inet_pton(AF_INET, host, &parsed) == 1 : host != "localhost" && !isLong
    guard !isBound else { return }
    throw EndpointError(
      message: "'tcp://\(address)' can't be bound, '\(host)' is neither an address nor a network interface: "
        + "write 127.0.0.1 for this machine alone, another of its addresses, or * for all of them")
  }

  /// Linux allows 107 bytes for a socket's path.
  private static func checkIPC(_ path: String, mode: ConnectionMode) throws(EndpointError) {
    if path == "*" {
      guard mode == .bind else {
        throw EndpointError(message: "'ipc://*' names no peer to connect to: write its path, or use bind")
      }
      return
    }
    guard path.hasPrefix("/") || path.hasPrefix("@"), path.count > 1 else {
      throw EndpointError(
        message: "'ipc://\(path)' has no absolute path: write 'ipc:///run/feed.sock', with three slashes")
    }
    guard path.utf8.count <= 107 else {
      throw EndpointError(
        message: "'ipc://\(path)' has a path of \(path.utf8.count) bytes: use one of at most 107, such as "
          + "'ipc:///run/feed.sock'")
    }
  }
}

extension String {
  fileprivate func strippingPrefix(_ prefix: String) -> String? {
    hasPrefix(prefix) ? String(dropFirst(prefix.count)) : nil
  }
}
