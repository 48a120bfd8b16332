import Foundation
import GRDB
import StreamIO

@testable import sigstreamd

/// A folder for a test's history, which goes with it.
final class HistoryFolder {
  let url = FileManager.default.temporaryDirectory.appending(path: "history-\(UUID().uuidString)")
  var path: String { url.appending(path: "history.sqlite").path }

  init() throws { try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true) }
  deinit { try? FileManager.default.removeItem(at: url) }

  func store(keep: HistoryRetention = HistoryRetention()) throws -> HistoryStore {
    try HistoryStore(path: path, keep: keep)
  }

  /// Where the file has the streams of a feed.
  func positions(feed: String) throws -> [String: HistoryPosition] {
    try HistoryFile(path: path).read { try HistoryQuery.positions(feed: feed, in: $0) }
  }

  /// The bodies of the file's results that `search` finds.
  func bodies(_ search: HistorySearch = HistorySearch()) throws -> [String] {
    var bodies: [String] = []
    try HistoryFile(path: path).forEachBody(search) { bodies.append($0) }
    return bodies
  }

  /// Changes the file as another program would.
  func change(_ sql: String) throws { try otherProgram().writeWithoutTransaction { try $0.execute(sql: sql) } }

  /// Keeps everyone else from writing the file while `body` runs, as another program may.
  func hold(_ body: () throws -> Void) throws {
    try otherProgram().inTransaction(.immediate) { _ in
      try body()
      return .rollback
    }
  }

  // It waits where the daemon is writing, which also goes on for a moment after all results are stored: it prunes.
  private func otherProgram() throws -> DatabaseQueue {
    var configuration = Configuration()
    configuration.busyMode = .timeout(60)
    return try DatabaseQueue(path: path, configuration: configuration)
  }

  /// Moves the file, or with another suffix one beside it.
  func move(_ suffix: String = "", to name: String) throws {
    try FileManager.default.moveItem(atPath: path + suffix, toPath: url.appending(path: name).path)
  }
}

extension HistoryRecord {
  /// Window `sequence` of a stream of a feed named `feed`, published `sequence` seconds after 1970, or as it says; the body
  /// is told apart by `body`.
  static func sample(
    _ sequence: Int, stream: String = "a", feed: String = "ecg", epoch: Int = 0, label: String? = "N",
    published: Int64? = nil, body: String? = nil, of live: LiveFeed = LiveFeed(place: 0)
  ) -> HistoryRecord {
    var result = WindowResult.sample(sequence, label: label, feed: feed, stream: stream, age: 0)
    result.epoch = epoch
    result.endMicroseconds = Int64(sequence) * 1_000_000
    result.publishedMicroseconds = published.map { $0 * 1_000_000 } ?? result.endMicroseconds
    return HistoryRecord(feed: live, result: result, body: Array((body ?? "\(stream) \(epoch) \(sequence)").utf8))
  }
}
