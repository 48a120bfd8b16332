import CDispatch  // Where the compiler finds stat and timespec once NIO is among the modules.
import Foundation
import Glibc
import StreamIO

/// Files of CURVE keys: as pyzmq's `zmq.auth` writes them (`public-key = "…"`, `secret-key = "…"`), or the 40
/// characters of a key alone.
enum KeyFile {
  /// Where systemd has the credentials of each service while that runs.
  static let credentialsFolder = "/run/credentials"

  /// The pair of the secret key in the file at `path`.
  ///
  /// - Parameter credentials: the folder that systemd hands credentials over in, which guards them itself.
  /// - Throws: `CommandFailure` where there is no such key, or others than its owner can read it.
  static func readSecret(
    path: String, credentials: String? = ProcessInfo.processInfo.environment["CREDENTIALS_DIRECTORY"]
  ) throws -> CurveKeyPair {
    if access(path, R_OK) != 0, errno == EACCES {
      throw CommandFailure(
        "\(path): can't be read (Permission denied): a secret key belongs to the user who runs this; a service gets it by "
          + "systemd's LoadCredential= (docs/security.md)", exitCode: .permission)
    }
    let text = try read(path)
    var status = stat()
    if !isCredential(path, in: credentials), stat(path, &status) == 0, status.st_mode & 0o077 != 0 {
      throw CommandFailure(
        "\(path): others than its owner can read the secret key: 'chmod 600 \(path)', and make a new one if they have; "
          + "a service gets it by systemd's LoadCredential= (docs/security.md)", exitCode: .permission)
    }
    guard let key = key("secret-key", in: text) else {
      throw CommandFailure("\(path): holds no secret key: make one with 'sigstreamd keygen'", exitCode: .data)
    }
    return try CurveKeyPair(secret: key)
  }

  /// Whether systemd guards the file, in the folder that it names to a service, or where `check` meets it beside the service.
  private static func isCredential(_ path: String, in folder: String?) -> Bool {
    func standard(_ path: String) -> String { URL(filePath: path).standardizedFileURL.path }
    let folders = [credentialsFolder] + [folder].compactMap(\.self).filter { $0.hasPrefix("/") }
    return folders.contains { standard(path).hasPrefix(standard($0) + "/") }
  }

  /// The public key that `text` is, or that the file of that name holds.
  ///
  /// - Throws: `CommandFailure` where it is neither.
  static func publicKey(_ text: String) throws -> CurveKey {
    if let key = CurveKey(z85: text) { return key }
    guard FileBytes.exists(path: text) else {
      throw CommandFailure(
        "'\(text)' is neither a public key (40 characters) nor a file with one: 'sigstreamd keygen' prints it",
        exitCode: .usage)
    }
    guard let key = key("public-key", in: try read(text)) else {
      throw CommandFailure("\(text): holds no public key: name the file that ends with .key", exitCode: .data)
    }
    return key
  }

  /// Writes `name.key`, for peers, and `name.key_secret`, which only its owner can read.
  ///
  /// - Throws: `CommandFailure` where one of them is there already or can't be written.
  static func write(_ keys: CurveKeyPair, name: String) throws(CommandFailure) -> (
    publicPath: String, secretPath: String
  ) {
    let paths = (publicPath: "\(name).key", secretPath: "\(name).key_secret")
    for path in [paths.publicPath, paths.secretPath] where FileBytes.exists(path: path) {
      throw CommandFailure("\(path): is there already: name another, keys are never replaced", exitCode: .usage)
    }
    let publicLine = "    public-key = \"\(keys.publicKey.z85)\"\n"
    let secretLine = "    secret-key = \"\(keys.secret.z85)\"\n"
    try create(paths.secretPath, mode: 0o600, "# Keep this file to yourself.\ncurve\n\(publicLine)\(secretLine)")
    do throws(CommandFailure) {
      try create(paths.publicPath, mode: 0o644, "# The public key, for peers.\ncurve\n\(publicLine)")
    } catch {
      unlink(paths.secretPath)
      throw error
    }
    return paths
  }

  private static func create(_ path: String, mode: mode_t, _ text: String) throws(CommandFailure) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode)
    guard descriptor >= 0 else { throw OutputFile.failure(path, errno) }
    let file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    do {
      try file.write(contentsOf: Data(text.utf8))
      try file.synchronize()
    } catch {
      unlink(path)
      throw CommandFailure(
        "\(path): can't be written (\(error.localizedDescription)): make room there", exitCode: .inputOutput)
    }
  }

  private static func read(_ path: String) throws -> String {
    // A key file is short; of another file enough is read to see that it is none.
    String(decoding: try FileBytes.read(path: path, maximumBytes: 4096), as: UTF8.self)
  }

  /// The value of `name`, or what stands there if it is a key and nothing else.
  private static func key(_ name: String, in text: String) -> CurveKey? {
    for line in text.split(whereSeparator: \.isNewline) {
      let parts = line.split(separator: "=", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
      guard parts.count == 2, parts[0] == name, parts[1].count == 42 else { continue }
      return CurveKey(z85: String(parts[1].dropFirst().dropLast()))
    }
    return CurveKey(z85: text.trimmingCharacters(in: .whitespacesAndNewlines))
  }
}
