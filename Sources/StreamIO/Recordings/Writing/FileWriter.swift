import Glibc

/// A file that is written from start to end and takes its place when it is complete; until then another may stand there.
final class FileWriter {
  private let path: String
  private let temporary: String
  private let descriptor: Int32
  private var isCommitted = false

  init(path: String) throws(FileError) {
    self.path = path
    temporary = "\(path).\(String(UInt64.random(in: .min ... .max), radix: 36)).tmp"
    descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw FileBytes.failure(path, "can't be written", errno) }
  }

  deinit {
    close(descriptor)
    if !isCommitted { unlink(temporary) }
  }

  func append(_ bytes: [UInt8]) throws(FileError) {
    let errorNumber = FileBytes.writeAll(bytes, to: descriptor)
    guard errorNumber == 0 else { throw FileBytes.failure(path, "can't be written", errorNumber) }
  }

  func append(_ text: String) throws(FileError) { try append(Array(text.utf8)) }

  /// Moves the file into its place.
  func commit() throws(FileError) {
    guard fsync(descriptor) == 0, rename(temporary, path) == 0 else {
      throw FileBytes.failure(path, "can't be written", errno)
    }
    isCommitted = true
  }
}
