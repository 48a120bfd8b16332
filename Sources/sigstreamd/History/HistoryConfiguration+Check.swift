import Glibc

extension HistoryConfiguration {
  /// Looks whether what is at the history's path is one, as far as this user may look; makes nothing.
  ///
  /// - Throws: `HistoryError` when the file is neither a history nor empty.
  func check() throws {
    if access(path, R_OK) == 0 { try HistoryFile.checkWritable(path: path) }
  }
}
