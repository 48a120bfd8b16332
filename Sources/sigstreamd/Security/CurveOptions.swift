import ArgumentParser
import StreamIO

/// How a command's socket is encrypted.
struct CurveOptions: ParsableArguments {
  @Option(help: ArgumentHelp("This program's secret key (see keygen).", valueName: "file"))
  var key: String?
  @Option(help: ArgumentHelp("The public key of the peer, or the file that holds it.", valueName: "key"))
  var serverKey: String?

  func validate() throws {
    if serverKey != nil, key == nil {
      throw ValidationError("--server-key needs --key too: 'sigstreamd keygen' makes one.")
    }
  }

  /// Encrypts the socket, where keys are given.
  ///
  /// - Throws: where keys can't be read, or do not go with `mode`.
  func secure(_ socket: borrowing ZeroMQSocket, mode: ConnectionMode) throws {
    let own = try key.map { try KeyFile.readSecret(path: $0) }
    let server = try serverKey.map { try KeyFile.publicKey($0) }
    switch mode {
    case .bind where server != nil:
      throw CommandFailure("--server-key is for a socket that connects: leave it out with --bind", exitCode: .usage)
    case .connect where own != nil && server == nil:
      throw CommandFailure("--key: to connect, give the peer's public key too, with --server-key", exitCode: .usage)
    default:
      try SocketKeys(own: own).secure(socket, mode: mode, server: server, name: "command")
    }
  }
}
