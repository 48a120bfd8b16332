import GRDB

/// Why the history can't be opened or used, by its file.
struct HistoryError: Error, Sendable, Equatable, CustomStringConvertible {
  var path: String
  var problem: String
  var exitCode: Sysexits

  var description: String { "\(path): \(problem)" }

  /// What SQLite's error means for the file at `path`, and what to do.
  init(path: String, _ error: any Error) {
    self.path = path
    let code = (error as? DatabaseError)?.resultCode
    let text = (error as? DatabaseError)?.message ?? "\(error)"
    (problem, exitCode) =
      switch code {
      case .SQLITE_NOTADB, .SQLITE_CORRUPT:
        ("is no database, or a broken one (\(text)): move it away, a new one is then made", .data)
      case .SQLITE_CANTOPEN:
        (
          "can't be opened: check the path, and owner and mode of the file and its folder",
          Sysexits.forFile(path) == .data ? .inputOutput : Sysexits.forFile(path)
        )
      case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
        ("permission denied: check owner and mode of the file and its folder", .permission)
      case .SQLITE_FULL: ("the disc is full: make room", .inputOutput)
      case .SQLITE_BUSY, .SQLITE_LOCKED:
        ("another program holds it: stop that, or give each daemon a history of its own", .unavailable)
      default: (text, .inputOutput)
      }
  }

  init(path: String, problem: String, exitCode: Sysexits) {
    (self.path, self.problem, self.exitCode) = (path, problem, exitCode)
  }
}

extension HistoryError: CommandFailureConvertible {
  var commandFailure: CommandFailure { CommandFailure(description, exitCode: exitCode) }
}
