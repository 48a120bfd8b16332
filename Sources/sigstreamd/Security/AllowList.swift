import CDispatch  // Where the compiler finds stat and timespec once NIO is among the modules.
import Foundation
import Glibc
import Logging
import StreamIO

/// The public keys of the clients that may connect: a file with a key a line, and after it what its owner is called. It is
/// read again whenever it has changed; where it then can't be read, what was read before goes on to hold.
final class AllowList: Sendable {
  let path: String
  private let state: Monitor<State>

  private struct State: Sendable {
    var clients: [CurveKey: String]
    var version: Version?
  }

  /// What tells two states of a file apart.
  private struct Version: Sendable, Equatable {
    var file: UInt64
    var size: Int
    var seconds: Int
    var nanoseconds: Int
  }

  /// - Throws: `CommandFailure` where the file can't be read, or a line is no key.
  init(path: String) throws {
    self.path = path
    let version = Self.version(path)
    state = Monitor(State(clients: try Self.read(path), version: version))
  }

  /// How many there are.
  var count: Int { state.withLock { $0.clients.count } }

  /// The client's name (or an empty one), as the file says now; nil: it may not connect.
  ///
  /// - Parameter onChange: called when the file has changed, with what was wrong with it.
  func client(_ key: CurveKey, onChange: (_ problem: String?) -> Void) -> String? {
    var changed = false
    var problem: String?
    let client = state.withLock { state in
      let version = Self.version(path)
      if version != state.version {
        (state.version, changed) = (version, true)
        do {
          state.clients = try Self.read(path)
        } catch {
          problem = CommandOutcome(error: error).reason
        }
      }
      return state.clients[key]
    }
    if changed { onChange(problem) }
    return client
  }

  private static func version(_ path: String) -> Version? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    return Version(
      file: UInt64(status.st_ino), size: Int(status.st_size), seconds: status.st_mtim.tv_sec,
      nanoseconds: status.st_mtim.tv_nsec)
  }

  private static func read(_ path: String) throws -> [CurveKey: String] {
    let text = String(decoding: try FileBytes.read(path: path), as: UTF8.self)
    var clients: [CurveKey: String] = [:]
    for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
      let words = line.split(separator: " ", maxSplits: 1)
      // A key may begin with #, but holds no space.
      guard let first = words.first, first != "#" else { continue }
      guard let key = CurveKey(z85: String(first)) else {
        throw CommandFailure(
          "\(path):\(index + 1): is no public key: write its 40 characters, a space and a name, or '# ' before a remark",
          exitCode: .configuration)
      }
      clients[key] = words.count > 1 ? words[1].trimmingCharacters(in: .whitespaces) : ""
    }
    return clients
  }
}
