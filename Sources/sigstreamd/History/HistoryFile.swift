import GRDB

/// A history that is only read, while a daemon may be writing it. Used on one thread.
struct HistoryFile {
  private let database: DatabaseQueue
  private let path: String

  /// - Throws: `HistoryError` where there is no history at `path`.
  init(path: String) throws(HistoryError) {
    self.path = path
    var configuration = GRDB.Configuration()
    configuration.readonly = true
    configuration.busyMode = .timeout(5)
    do {
      database = try DatabaseQueue(path: path, configuration: configuration)
      try HistoryStore.checkVersion(database, path: path)
      guard try database.read(HistorySchema.migrator.hasCompletedMigrations) else {
        throw HistoryError(path: path, problem: "is no history of sigstreamd: check the path", exitCode: .data)
      }
    } catch let error as HistoryError {
      throw error
    } catch {
      throw HistoryError(path: path, error)
    }
  }

  /// Runs `body` on one unchanging state of the history.
  ///
  /// - Throws: what `body` throws; SQLite's own errors as `HistoryError`.
  func read<Result>(_ body: (Database) throws -> Result) throws -> Result {
    do {
      return try database.read(body)
    } catch let error as DatabaseError {
      throw HistoryError(path: path, error)
    }
  }
}
