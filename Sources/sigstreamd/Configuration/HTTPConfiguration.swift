/// Where the daemon tells how it is.
struct HTTPConfiguration: Sendable, Equatable {
  /// A name or address; an IPv6 one without brackets.
  var host: String
  /// 0: any free port.
  var port: Int

  /// Whether only programs on this machine can reach it.
  var isLocal: Bool { Endpoint.isLocal(host: host) }

  /// Where it listens, to be compared with sockets, and for people.
  var endpoint: Endpoint { Endpoint(host: host, port: port) }
}

extension HTTPConfiguration {
  init(_ value: YAMLValue) throws(ConfigurationError) {
    let listen = try value.mapping(of: HTTPKey.self).required(.listen)
    let text = try listen.string(example: "\"127.0.0.1:9470\"")
    guard let match = text.wholeMatch(of: /(?:\[([0-9A-Fa-f:.]+)\]|([A-Za-z0-9._-]+)):([0-9]{1,5})/),
      let port = Int(match.3), port <= 65535, let host = match.1 ?? match.2
    else {
      throw listen.mismatch("an address and a port", example: "\"127.0.0.1:9470\"")
    }
    (self.host, self.port) = (String(host), port)
  }
}
