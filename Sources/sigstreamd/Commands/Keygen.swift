import ArgumentParser
import StreamIO

/// `sigstreamd keygen`: keys for encrypted sockets.
struct Keygen: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Make a pair of keys for encrypted sockets.",
    discussion: """
      Writes NAME.key_secret, which only its owner can read, and NAME.key, whose public key peers are told. pyzmq's \
      zmq.auth reads both. docs/security.md says which goes where.

      Examples:
        sigstreamd keygen server
        sigstreamd keygen bed-3 && cat bed-3.key
      """)

  @Argument(help: ArgumentHelp("What the files' names begin with.", valueName: "name"))
  var name: String

  func run() throws {
    let keys = try CurveKeyPair.generate()
    let paths = try KeyFile.write(keys, name: name)
    print(
      """
      \(paths.secretPath)  the secret key: for 'secretKey:' or --key; keep it to yourself
      \(paths.publicPath)  the public key, for peers: \(keys.publicKey.z85)
      """)
  }
}
