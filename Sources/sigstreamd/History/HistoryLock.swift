import Glibc

/// The right to write a history, which one daemon at a time has: a lock on a file beside it. It ends with the process,
/// however that ends; the file stays.
final class HistoryLock: Sendable {
  static let suffix = "-lock"

  private let descriptor: Int32

  /// - Parameter path: the history's.
  /// - Throws: `HistoryError` where another daemon has it, or the file can't be made.
  init(path: String) throws(HistoryError) {
    let file = HistoryFiles.realPath(of: path) + Self.suffix
    descriptor = open(file, O_RDWR | O_CREAT | O_CLOEXEC, 0o640)
    guard descriptor >= 0 else { throw HistoryError(path: file, errorNumber: errno) }
    // From here on `deinit` closes it.
    guard flock(descriptor, LOCK_EX | LOCK_NB) != 0 else { return }
    guard errno == EWOULDBLOCK else { throw HistoryError(path: file, errorNumber: errno) }
    throw HistoryError(
      path: path, problem: "another daemon writes it: give each daemon a history of its own", exitCode: .unavailable)
  }

  deinit { close(descriptor) }
}
