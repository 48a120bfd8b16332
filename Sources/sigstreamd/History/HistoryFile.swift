import GRDB
import StreamIO

/// A history that is only read, while a daemon may be writing it. Used on one thread.
struct HistoryFile {
  private let database: DatabaseQueue
  private let path: String
  private let files: HistoryFiles

  /// - Throws: `HistoryError` where there is no history at `path`.
  init(path: String) throws(HistoryError) {
    self.path = path
    let content: HistorySchema.Content
    (database, content) = try Self.open(path, for: .reading)
    guard content == .history else { throw HistoryError(noHistoryAt: path, for: .reading) }
    files = HistoryFiles(path: path)
  }

  /// Looks whether a daemon may have its history in the file at `path`, which it leaves as it is: one, or an empty file.
  ///
  /// - Throws: `HistoryError` where it is anything else.
  static func checkWritable(path: String) throws(HistoryError) {
    _ = try open(path, for: .writing)
  }

  private static func open(
    _ path: String, for purpose: HistoryError.Purpose
  ) throws(HistoryError) -> (DatabaseQueue, HistorySchema.Content) {
    guard !FileBytes.isFolder(path: path) else {
      throw HistoryError(path: path, problem: "is a folder: name a file in it", exitCode: .data)
    }
    var configuration = GRDB.Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    let (database, content): (DatabaseQueue, HistorySchema.Content)
    do {
      database = try DatabaseQueue(path: path, configuration: configuration)
      content = try database.read(HistorySchema.content)
    } catch {
      throw HistoryError(path: path, error, for: purpose)
    }
    switch content {
    case .empty, .history: return (database, content)
    case .newerHistory:
      throw HistoryError(
        path: path, problem: "was written by a newer sigstreamd: use that one, or name another file", exitCode: .data)
    case .foreign: throw HistoryError(noHistoryAt: path, for: purpose)
    }
  }

  /// Whether it is still the file at its path.
  var isCurrent: Bool { files.change == nil }

  /// Runs `body` on one unchanging state of the history. While it runs, the writer's log grows: nothing in it may take long.
  ///
  /// - Throws: what `body` throws; SQLite's own errors, and those of rows that can't be read, as `HistoryError`.
  func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
    do {
      return try database.read(body)
    } catch let error where error is DatabaseError || error is RowDecodingError {
      throw HistoryError(path: path, error, for: .reading)
    }
  }
}

extension HistoryError {
  fileprivate init(noHistoryAt path: String, for purpose: Purpose) {
    let advice = purpose == .writing ? "name another file, or move it away" : "check the path"
    self.init(path: path, problem: "is no history of sigstreamd: \(advice)", exitCode: .data)
  }
}
