import Foundation
import Glibc

/// Files of weights on disk: read whole; replaced whole or not at all.
enum AtomicFile {
  /// - Parameter kind: what it should be, for the message where there is none.
  static func read(_ kind: String, path: String) throws(CheckpointError) -> Data {
    do {
      return try Data(contentsOf: URL(fileURLWithPath: path))
    } catch {
      let exists = FileManager.default.fileExists(atPath: path)
      throw CheckpointError(
        kind: .inputOutput, path: path,
        message: exists ? "cannot be read: check that it is a file and its permissions" : "no such \(kind)")
    }
  }

  /// Writes what `body` hands out, piece by piece, to `PATH.partial`, syncs that and renames it. Whatever goes wrong, and
  /// whenever the program is killed, what was at the path stays.
  static func write(
    path: String, _ body: (_ append: (Data) throws(CheckpointError) -> Void) throws(CheckpointError) -> Void
  ) throws(CheckpointError) {
    let partial = path + ".partial"
    let descriptor = open(partial, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw failure(path, errno) }
    var isKept = false
    defer { if !isKept { unlink(partial) } }
    do {
      defer { close(descriptor) }
      try body { (bytes) throws(CheckpointError) in
        guard append(bytes, to: descriptor) else { throw failure(path, errno) }
      }
      guard fsync(descriptor) == 0 else { throw failure(path, errno) }
    }
    guard rename(partial, path) == 0 else { throw failure(path, errno) }
    isKept = true
  }

  private static func append(_ bytes: Data, to descriptor: Int32) -> Bool {
    bytes.withUnsafeBytes { raw in
      var rest = raw[...]
      while !rest.isEmpty {
        let count = Glibc.write(descriptor, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
        if count < 0 {
          if errno == EINTR { continue }
          return false
        }
        rest = rest.dropFirst(count)
      }
      return true
    }
  }

  private static func failure(_ path: String, _ errorNumber: Int32) -> CheckpointError {
    let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
    let reason =
      switch errorNumber {
      case EISDIR: "it is a folder, expected the name of a file"
      case ENOENT, ENOTDIR: "there is no folder \(folder): create it first"
      case EACCES, EPERM: "no permission to write into \(folder)"
      default: String(cString: strerror(errorNumber))
      }
    return CheckpointError(kind: .inputOutput, path: path, message: "cannot be written: \(reason)")
  }
}
