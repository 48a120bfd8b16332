import Foundation
import Glibc

extension HistoryConfiguration {
  /// Looks whether the history can be where it is to be, as far as this user may look: reads one that is there, and makes
  /// none.
  ///
  /// - Throws: `HistoryError` when the file is no history, or there is no such folder.
  func check() throws {
    let folder = URL(filePath: path).deletingLastPathComponent().path
    if access(path, R_OK) == 0 {
      _ = try HistoryFile(path: path)
      return
    }
    guard errno == ENOENT, access(folder, F_OK) != 0, errno == ENOENT else { return }
    throw HistoryError(
      path: path, problem: "there is no folder \(folder): make it, or name another", exitCode: .noInput)
  }
}
