import GRDB
import Glibc

/// Why the history can't be opened or used, by its file.
struct HistoryError: Error, Sendable, Equatable, CustomStringConvertible {
  /// What the file is opened for, which decides what to do about it.
  enum Purpose: Sendable {
    case reading, writing
  }

  var path: String
  var problem: String
  var exitCode: Sysexits
  /// Whether the file's content is wrong, so that it is worth opening what is at its path by now.
  var isBroken = false

  var description: String { "\(path): \(problem)" }

  /// What SQLite's error means for the file at `path`, and what to do.
  init(path: String, _ error: any Error, for purpose: Purpose) {
    self.path = path
    guard let error = error as? DatabaseError else {
      (problem, exitCode) =
        error is RowDecodingError
        ? ("has a row that can't be read: was it changed by another program?", .data) : ("\(error)", .inputOutput)
      return
    }
    let text = error.message ?? "\(error)"
    switch error.resultCode {
    case .SQLITE_NOTADB, .SQLITE_CORRUPT, .SQLITE_ERROR:
      problem = Self.problem(ofContent: error.resultCode, text, for: purpose)
      (exitCode, isBroken) = (.data, error.resultCode != .SQLITE_ERROR)
    case .SQLITE_CANTOPEN:
      problem = "can't be opened: check the path, and owner and mode of the file and its folder"
      exitCode = Sysexits.forFile(path) == .data ? .inputOutput : Sysexits.forFile(path)
    case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
      (problem, exitCode) = ("permission denied: check owner and mode of the file and its folder", .permission)
    case .SQLITE_FULL: (problem, exitCode) = ("the disc is full: make room", .inputOutput)
    case .SQLITE_BUSY, .SQLITE_LOCKED:
      problem = "another program holds it: stop that, or give each daemon a history of its own"
      exitCode = .unavailable
    default: (problem, exitCode) = (text, .inputOutput)
    }
  }

  /// - Parameters:
  ///   - code: `SQLITE_ERROR` is what a table or a column that is not there gives.
  ///   - text: SQLite's.
  private static func problem(ofContent code: ResultCode, _ text: String, for purpose: Purpose) -> String {
    switch (purpose, code) {
    case (.reading, .SQLITE_CORRUPT): "is broken (\(text)): sqlite3's '.recover' saves what can be read"
    case (.reading, _): "is no history of sigstreamd (\(text)): check the path"
    case (.writing, .SQLITE_CORRUPT): "is broken (\(text)): move it away, a new one is then made"
    case (.writing, .SQLITE_NOTADB): "is no database, or a broken one (\(text)): move it away, a new one is then made"
    case (.writing, _): "has not the tables of a history (\(text)): move it away, a new one is then made"
    }
  }

  /// What the system said of the file at `path`.
  init(path: String, errorNumber: Int32) {
    let reason = String(cString: strerror(errorNumber))
    let advice =
      errorNumber == EROFS
      ? "a service writes only where its unit allows it: see 'State on another disc' in docs/operations.md"
      : "check the path, and owner and mode of the file and its folder"
    let exitCode: Sysexits =
      switch errorNumber {
      case ENOENT, ENOTDIR: .noInput
      case EACCES, EPERM, EROFS: .permission
      default: .inputOutput
      }
    self.init(path: path, problem: "\(reason): \(advice)", exitCode: exitCode)
  }

  init(path: String, problem: String, exitCode: Sysexits) {
    (self.path, self.problem, self.exitCode) = (path, problem, exitCode)
  }
}

extension HistoryError: CommandFailureConvertible {
  var commandFailure: CommandFailure { CommandFailure(description, exitCode: exitCode) }
}
