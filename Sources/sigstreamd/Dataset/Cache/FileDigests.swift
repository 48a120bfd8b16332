import Classifier
import Foundation
import StreamIO

/// SHA-256 of files' content, with a memory: a file whose status is what it was is not read again.
struct FileDigests {
  // By the identity of a file's state.
  private var known: [[Int]: String] = [:]
  // Those that were asked for.
  private var used: [[Int]: String] = [:]
  private var files: [(path: String, identity: [Int])] = []

  /// States of other files that are remembered.
  private static let most = 200_000
  /// A file may be written twice within one tick of the clock that its status is stamped with: what is younger is read
  /// again the next time.
  private static let settledNanoseconds = 2_000_000_000

  /// - Parameter path: where an earlier run has left what it knew; whatever is wrong there is not believed.
  init(path: String) {
    guard let bytes = try? FileBytes.read(path: path) else { return }
    for line in String(decoding: bytes, as: UTF8.self).split(separator: "\n") {
      let fields = line.split(separator: " ")
      let numbers = fields.dropFirst().compactMap { Int($0) }
      guard fields.count == 6, numbers.count == 5, fields[0].count == 64 else { continue }
      known[numbers] = String(fields[0])
    }
  }

  /// The digest of the file at `path`; nil where it can't be read.
  mutating func digest(of path: String) -> String? {
    guard let status = FileStatus(path: path) else { return nil }
    files.append((path, status.identity))
    if let digest = used[status.identity] ?? known[status.identity] {
      used[status.identity] = digest
      return digest
    }
    guard let digest = Self.read(path) else { return nil }
    let now = Int(Date().timeIntervalSince1970 * 1e9)
    if max(status.modified, status.changed) < now - Self.settledNanoseconds { used[status.identity] = digest }
    return digest
  }

  /// Whether all files that were asked for are still what they were then.
  var areUnchanged: Bool { files.allSatisfy { FileStatus(path: $0.path)?.identity == $0.identity } }

  /// Leaves what is known for the next run; what can't be written is read again then.
  func save(path: String) {
    guard used.contains(where: { known[$0.key] != $0.value }) else { return }
    let others = known.filter { used[$0.key] == nil }.prefix(Self.most)
    let lines = (Array(used) + Array(others)).map { identity, digest in
      "\(digest) \(identity.map(String.init).joined(separator: " "))\n"
    }
    try? FileBytes.writeAtomically(Array(lines.joined().utf8), path: path)
  }

  private static func read(_ path: String) -> String? {
    guard let file = FileHandle(forReadingAtPath: path) else { return nil }
    var hash = SHA256()
    do {
      while let block = try file.read(upToCount: 1 << 20), !block.isEmpty { block.withUnsafeBytes { hash.add($0) } }
      return hash.digest()
    } catch {
      return nil
    }
  }
}
