import Foundation
import Glibc

/// Why the cache can't be written: no reason to stop.
struct CacheFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// The reason, to be part of a longer message.
  var description: String

  init(_ description: String) { self.description = description }

  /// The failure of a system call on what stands at `path`.
  init(_ path: String, _ errorNumber: Int32) { description = "\(path): \(String(cString: strerror(errorNumber)))" }
}

/// A folder with the windows of datasets, so that a run need not cut them from the recordings again. Whatever is missing or
/// damaged in it is made anew; all of it may be removed at any time.
struct DatasetCache: Sendable {
  let folder: String
  /// What the files of the folder may take; the newest one stays, however large it is.
  var limitBytes = 50_000_000_000

  static let suffix = ".windows"

  /// Where the user's caches are, by the XDG Base Directory Specification; nil where the environment doesn't say.
  static func defaultFolder(_ environment: [String: String] = ProcessInfo.processInfo.environment) -> String? {
    if let folder = environment["XDG_CACHE_HOME"], folder.hasPrefix("/") { return "\(folder)/sigstreamd" }
    if let home = environment["HOME"], home.hasPrefix("/") { return "\(home)/.cache/sigstreamd" }
    return nil
  }

  /// The file of the dataset that `key` stands for.
  func path(of key: String) -> String { "\(folder)/\(key)\(Self.suffix)" }

  /// What is known of the recordings' content.
  var digestsPath: String { "\(folder)/recordings" }

  /// Makes the folder, for its owner alone.
  func makeFolder() throws(CacheFailure) {
    do {
      try FileManager.default.createDirectory(
        atPath: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    } catch {
      throw CacheFailure(CommandOutcome(error: error).reason)
    }
  }

  /// Removes what a run that was killed has left, and the files that were not used for longest, until the others are
  /// within the limit.
  ///
  /// - Parameter key: of the file that stays.
  func prune(keeping key: String) {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    for name in names where name.hasSuffix(WindowFileWriter.suffix) {
      WindowFileWriter.removeIfAbandoned("\(folder)/\(name)")
    }
    let files = names.filter { $0.hasSuffix(Self.suffix) }.compactMap { name in
      FileStatus(path: "\(folder)/\(name)").map { (path: "\(folder)/\(name)", status: $0) }
    }
    var total = files.reduce(0) { $0 + $1.status.size }
    for file in files.sorted(by: { $0.status.accessed < $1.status.accessed }) where total > limitBytes {
      guard file.path != path(of: key) else { continue }
      unlink(file.path)
      total -= file.status.size
    }
  }
}
