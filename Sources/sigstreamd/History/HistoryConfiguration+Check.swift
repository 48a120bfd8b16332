import Foundation
import Glibc

extension HistoryConfiguration {
  /// Looks whether the history can be where it is to be, as far as this user may look: reads what is there, and makes
  /// nothing.
  ///
  /// - Throws: `HistoryError` when the file is neither a history nor empty, or there is no such folder.
  func check() throws {
    let folder = URL(filePath: path).deletingLastPathComponent().path
    if access(path, R_OK) == 0 {
      return try HistoryFile.checkWritable(path: path)
    }
    guard errno == ENOENT, access(folder, F_OK) != 0, errno == ENOENT else { return }
    throw HistoryError(
      path: path, problem: "there is no folder \(folder): make it, or name another", exitCode: .noInput)
  }
}
