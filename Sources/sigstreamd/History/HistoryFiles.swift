import CDispatch  // Where the compiler finds stat and timespec once NIO is among the modules.
import Foundation
import Glibc

/// Which files were at the history's paths when it was opened: its own, SQLite's log and index, and the writer's lock.
///
/// Who has them open would go on with files that were deleted or moved, where nobody looks for them.
struct HistoryFiles: Sendable {
  /// What is at a path.
  private enum Entry: Sendable, Equatable {
    case file(device: dev_t, inode: ino_t)
    case nothing
    /// It can't be looked at, and may be what it was.
    case unknown
  }

  private static let log = "-wal"
  private static let index = "-shm"

  private let path: String
  // By what comes behind the path; of those that are there.
  private let entries: [String: Entry]

  /// - Parameter path: the history's, as it was opened.
  init(path: String) {
    let real = Self.realPath(of: path)
    self.path = real
    let suffixes = ["", Self.log, Self.index, HistoryLock.suffix]
    let entries = suffixes.map { ($0, Self.entry(at: real + $0)) }
    self.entries = Dictionary(uniqueKeysWithValues: entries.filter { $0.1 != .nothing })
  }

  /// Where SQLite has the file and those beside it: behind all symbolic links. For a file that is yet to be made, its folder's.
  static func realPath(of path: String) -> String {
    if let file = realpath(path, nil) {
      defer { free(file) }
      return String(cString: file)
    }
    let url = URL(filePath: path)
    guard let folder = realpath(url.deletingLastPathComponent().path, nil) else { return path }
    defer { free(folder) }
    return "\(String(cString: folder))/\(url.lastPathComponent)"
  }

  /// What has become of one of the files meanwhile, for people; nil when all are the same. A few microseconds.
  var change: String? {
    for (suffix, entry) in entries.sorted(by: { $0.key < $1.key }) {
      let now = Self.entry(at: path + suffix)
      guard now != entry && now != .unknown else { continue }
      return "\(path)\(suffix) was \(now == .nothing ? "deleted or moved away" : "replaced by another file")"
    }
    return nil
  }

  /// Deletes the log and index of a history that is not at its path any more: SQLite would take them for those of the
  /// file that is there now.
  func deleteLeftovers() {
    let now = Self.entry(at: path)
    guard now != entries[""] && now != .unknown else { return }
    for suffix in [Self.log, Self.index] where Self.entry(at: path + suffix) == entries[suffix] {
      unlink(path + suffix)
    }
  }

  private static func entry(at path: String) -> Entry {
    var status = stat()
    guard stat(path, &status) != 0 else { return .file(device: status.st_dev, inode: status.st_ino) }
    return [ENOENT, ENOTDIR].contains(errno) ? .nothing : .unknown
  }
}
