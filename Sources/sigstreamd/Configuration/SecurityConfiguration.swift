import StreamIO

/// Which keys the daemon's sockets have.
struct SecurityConfiguration: Sendable, Equatable {
  /// The file of the daemon's own secret key.
  var secretKeyPath: String
  /// The file of the clients that may connect to sockets that bind; nil: all that know the public key.
  var allowedClientsPath: String?

  /// Whether systemd hands the secret key over when it starts the service, which it has not.
  var isKeyStillToCome: Bool {
    secretKeyPath.hasPrefix("\(KeyFile.credentialsFolder)/") && !FileBytes.exists(path: secretKeyPath)
  }
}

extension SecurityConfiguration {
  init(_ value: YAMLValue, folder: String) throws(ConfigurationError) {
    let security = try value.mapping(of: SecurityKey.self)
    secretKeyPath = try security.required(.secretKey).path(in: folder)
    allowedClientsPath = try security.optional(.allowedClients)?.path(in: folder)
  }
}

extension SocketKeys {
  /// Reads what the configuration names.
  ///
  /// - Throws: `CommandFailure` that names the file and what is wrong with it.
  init(_ configuration: SecurityConfiguration?) throws {
    guard let configuration else { return }
    own = try KeyFile.readSecret(path: configuration.secretKeyPath)
    allowed = try configuration.allowedClientsPath.map { try AllowList(path: $0) }
  }
}
