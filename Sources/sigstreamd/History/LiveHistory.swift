import Logging

/// The history as the daemon has it open for as long as it runs: opened anew, or made anew, where its file was deleted,
/// moved or replaced meanwhile, so that results go where they are looked for. Used on one thread.
struct LiveHistory {
  private let path: String
  private let keep: HistoryRetention
  private let logger: Logger
  // Nil while it can't be opened.
  private var store: HistoryStore?

  /// - Throws: `HistoryError` where it can't be opened.
  init(path: String, keep: HistoryRetention, logger: Logger) throws(HistoryError) {
    (self.path, self.keep, self.logger) = (path, keep, logger)
    store = try HistoryStore(path: path, keep: keep)
  }

  /// Runs `body` on what is at the history's path; once more where that has changed meanwhile, so that afterwards what it
  /// has written is there.
  ///
  /// - Throws: what `body` throws; `HistoryError` where the history has to be opened anew and can't be.
  mutating func use(_ body: (inout HistoryStore) throws -> Void) throws {
    closeIfMoved()
    repeat {
      var open = try opened()
      do {
        try body(&open)
        store = open
      } catch {
        // What is at its path by the next time may be whole; else it goes on without what it had in mind of the file.
        store = (error as? HistoryError)?.isBroken == true ? nil : open
        throw error
      }
    } while closeIfMoved()
  }

  private mutating func opened() throws(HistoryError) -> HistoryStore {
    if let store { return store }
    let new = try HistoryStore(path: path, keep: keep)
    store = new
    return new
  }

  /// Returns whether it was.
  @discardableResult
  private mutating func closeIfMoved() -> Bool {
    guard let change = store?.change else { return false }
    logger.error("\(change) while the daemon had it open: results go into what is at \(path) now, or a new file there")
    store?.closeMoved()
    store = nil
    return true
  }
}
