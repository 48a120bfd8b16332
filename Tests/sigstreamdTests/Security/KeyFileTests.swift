import ArgumentParser
import Foundation
import StreamIO
import Testing

@testable import sigstreamd

struct KeyFileTests {
  private let folder: DatasetFolder
  // The server's pair of libzmq's manual, zmq_curve(7).
  private let publicText = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7"
  private let secretText = "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"

  init() throws {
    folder = try DatasetFolder()
  }

  private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

  private func secret(_ text: String, mode: Int = 0o600) throws -> String {
    let path = try folder.write("secret", text)
    try FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path)
    return path
  }

  /// As `zmq.auth.create_certificates` writes it, and the key alone.
  @Test func secretsOfPyzmqAndBareOnesAreRead() throws {
    let certificate = """
      #   ****  Generated on 2026-11-26 12:00:00 by pyzmq  ****
      #   ZeroMQ CURVE **Secret** Certificate

      metadata
      curve
          public-key = "\(publicText)"
          secret-key = "\(secretText)"

      """
    for text in [certificate, secretText, secretText + "\n"] {
      let pair = try KeyFile.readSecret(path: secret(text))
      #expect(pair.publicKey.z85 == publicText)
    }
  }

  @Test func aSecretThatOthersCanReadIsRefused() throws {
    for mode in [0o640, 0o604, 0o644, 0o620] {
      let path = try secret(secretText, mode: mode)
      expectFailure("secret: others than its owner can read the secret key: 'chmod 600") {
        _ = try KeyFile.readSecret(path: path)
      }
    }
    // systemd guards the folder, and gives the files the mode 0440.
    let path = try secret(secretText, mode: 0o440)
    #expect(try KeyFile.readSecret(path: path, credentials: folder.path).publicKey.z85 == publicText)
    #expect(try KeyFile.readSecret(path: path, credentials: folder.path + "/").publicKey.z85 == publicText)
    for other in ["/run/credentials/x", "", "/", ".", folder.path + "/se"] {
      expectFailure("others than its owner") { _ = try KeyFile.readSecret(path: path, credentials: other) }
    }
    _ = try folder.write("x/other", "")
    expectFailure("others than its owner") {
      _ = try KeyFile.readSecret(path: self.path("x/../secret"), credentials: self.path("x"))
    }
  }

  @Test(arguments: [
    "", "curve\n", "secret-key = \"short\"", "public-key = \"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\"",
  ])
  func aFileWithoutASecretIsNamed(text: String) throws {
    let path = try secret(text)
    expectFailure("secret: holds no secret key: make one with 'sigstreamd keygen'") {
      _ = try KeyFile.readSecret(path: path)
    }
  }

  @Test func publicKeysAreTakenAsTextOrFromAFile() throws {
    #expect(try KeyFile.publicKey(publicText).z85 == publicText)
    let path = try folder.write("a.key", "curve\n    public-key = \"\(publicText)\"\n")
    #expect(try KeyFile.publicKey(path).z85 == publicText)
    expectFailure("is neither a public key (40 characters) nor a file with one") {
      _ = try KeyFile.publicKey("nothing")
    }
    let other = try folder.write("b.key", "nothing")
    expectFailure("b.key: holds no public key") { _ = try KeyFile.publicKey(other) }
  }

  @Test func keygenWritesAPairThatOnlyItsOwnerCanReadAndNeverReplacesOne() throws {
    try Keygen.parse([path("server")]).run()
    let keys = try KeyFile.readSecret(path: path("server.key_secret"))
    #expect(try KeyFile.publicKey(path("server.key")) == keys.publicKey)
    let attributes = try FileManager.default.attributesOfItem(atPath: path("server.key_secret"))
    #expect(attributes[.posixPermissions] as? Int == 0o600)
    #expect(try !String(contentsOfFile: path("server.key"), encoding: .utf8).contains(keys.secret.z85))
    expectFailure("server.key: is there already: name another, keys are never replaced") {
      try Keygen.parse([path("server")]).run()
    }
    #expect(try KeyFile.readSecret(path: path("server.key_secret")) == keys)
  }
}

struct AllowListTests {
  private let folder: DatasetFolder
  private let keys: [CurveKey]

  init() throws {
    folder = try DatasetFolder()
    keys = try (0..<3).map { _ in try CurveKeyPair.generate().publicKey }
  }

  private func list(_ text: String) throws -> AllowList { try AllowList(path: folder.write("clients", text)) }

  @Test func linesAreKeysWithNamesAndRemarks() throws {
    let list = try list("# the ward\n\n\(keys[0].z85) bed 3\n\(keys[1].z85)\n")
    #expect(list.count == 2)
    #expect(list.client(keys[0]) { _ in } == "bed 3")
    #expect(list.client(keys[1]) { _ in } == "")
    #expect(list.client(keys[2]) { _ in } == nil)
  }

  @Test func whatIsNoKeyIsNamedByItsLine() throws {
    let path = try folder.write("clients", "\(keys[0].z85)\nbed-3\n")
    expectFailure("clients:2: is no public key: write its 40 characters") { _ = try AllowList(path: path) }
    expectFailure("none: can't be opened") { _ = try AllowList(path: "\(folder.path)/none") }
  }

  /// A change counts for the next client; one that can't be read changes nothing, and is told once.
  @Test func theFileIsReadAgainWhenItChanges() throws {
    let list = try list("\(keys[0].z85)\n")
    var told: [String?] = []
    func isAllowed(_ n: Int) -> Bool {
      list.client(keys[n]) { problem in
        // Whoever is told may ask.
        told.append(list.count > 0 ? problem : "empty")
      } != nil
    }
    #expect(isAllowed(0) && !isAllowed(1) && told.isEmpty)
    try folder.write("clients", "\(keys[1].z85) the new one\n")
    #expect(!isAllowed(0) && isAllowed(1) && told == [nil])
    try folder.write("clients", "nonsense")
    #expect(isAllowed(1) && isAllowed(1))
    #expect(told.count == 2 && told[1]?.contains("clients:1: is no public key") == true)
    try FileManager.default.removeItem(atPath: list.path)
    #expect(isAllowed(1) && told.count == 3)
  }
}
