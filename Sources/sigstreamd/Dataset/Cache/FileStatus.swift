import CDispatch  // Where the compiler finds stat and timespec once NIO is among the modules.
import Glibc

/// What the system says of a regular file without reading it. As long as none of it changes, neither has the content.
struct FileStatus: Hashable, Sendable {
  var device: Int
  var inode: Int
  var size: Int
  /// When the content was changed last, in nanoseconds since 1970.
  var modified: Int
  /// When the content or anything else of the file was changed last.
  var changed: Int
  /// When it was used last; no part of the identity.
  var accessed: Int

  /// Nil where no regular file stands at `path`.
  init?(path: String) {
    var status = stat()
    guard stat(path, &status) == 0, status.st_mode & S_IFMT == S_IFREG else { return nil }
    func nanoseconds(_ time: timespec) -> Int { time.tv_sec &* 1_000_000_000 &+ time.tv_nsec }
    device = Int(truncatingIfNeeded: status.st_dev)
    inode = Int(truncatingIfNeeded: status.st_ino)
    size = Int(status.st_size)
    modified = nanoseconds(status.st_mtim)
    changed = nanoseconds(status.st_ctim)
    accessed = nanoseconds(status.st_atim)
  }

  /// What names one state of one file.
  var identity: [Int] { [device, inode, size, modified, changed] }
}
