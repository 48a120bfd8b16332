import Foundation
import GRDB
import Testing

@testable import sigstreamd

/// The history's files change while the daemon has them open.
final class LiveHistoryTests {
  private let folder: HistoryFolder
  private let lines: Monitor<[String]>
  private var live: LiveHistory

  init() throws {
    folder = try HistoryFolder()
    let (logger, lines) = LogRecorder.make()
    self.lines = lines
    live = try LiveHistory(path: folder.path, keep: HistoryRetention(), logger: logger)
    try live.use { try $0.insert([.sample(0)]) }
  }

  private func expectLine(_ end: String) {
    let path = HistoryFiles.realPath(of: folder.path)
    let line = "error: \(path)\(end) while the daemon had it open: "
    #expect(lines.withLock { $0.count == 1 && $0[0].hasPrefix(line) }, "\(lines.withLock { $0 })")
  }

  @Test func whatStaysIsOpenedOnce() throws {
    for number in 1..<10 { try live.use { try $0.insert([.sample(number)]) } }
    #expect(try folder.bodies().count == 10)
    #expect(lines.withLock { $0.isEmpty })
  }

  @Test(arguments: [[""], ["", "-wal"], ["", "-wal", "-shm", "-lock"]])
  func aHistoryThatIsDeletedIsMadeAnew(suffixes: [String]) throws {
    for suffix in suffixes { try FileManager.default.removeItem(atPath: folder.path + suffix) }
    try live.use { try $0.insert([.sample(1)]) }
    #expect(try folder.bodies() == ["a 0 1"])
    expectLine(" was deleted or moved away")
    #expect(throws: HistoryError.self, "it has the lock of the new one") { try folder.store() }
  }

  @Test(arguments: ["-wal", "-shm"]) func whatIsDeletedBesideItCostsNothing(suffix: String) throws {
    try FileManager.default.removeItem(atPath: folder.path + suffix)
    try live.use { try $0.insert([.sample(1)]) }
    #expect(try folder.bodies() == ["a 0 0", "a 0 1"])
    expectLine("\(suffix) was deleted or moved away")
  }

  @Test func aHistoryThatIsMovedHasWhatWasCommitted() throws {
    try folder.move(to: "old.sqlite")
    try live.use { try $0.insert([.sample(1)]) }
    #expect(try folder.bodies() == ["a 0 1"])
    try folder.move(to: "new.sqlite")
    try folder.move("-wal", to: "new.sqlite-wal")
    try folder.move("-shm", to: "new.sqlite-shm")
    try live.use { try $0.insert([.sample(2)]) }
    #expect(try folder.bodies() == ["a 0 2"])
    for (name, body) in [("old", "a 0 0"), ("new", "a 0 1")] {
      var bodies: [String] = []
      let file = try HistoryFile(path: folder.url.appending(path: "\(name).sqlite").path)
      try file.forEachBody(HistorySearch()) { bodies.append($0) }
      #expect(bodies == [body])
    }
  }

  /// A copy is put in place of the file; the log beside it is not the copy's.
  @Test func oneThatTakesItsPlaceIsWrittenAsItIs() throws {
    let other = try HistoryFolder()
    do {
      var store = try other.store()
      try store.insert((100..<200).map { .sample($0, stream: "copy", body: "copy \($0)") })
      try store.database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
      try store.database.close()
    }
    #expect(rename(other.path, folder.path) == 0)
    try live.use { try $0.insert([.sample(1)]) }
    #expect(try folder.bodies() == ["a 0 1"] + (100..<200).map { "copy \($0)" })
    expectLine(" was replaced by another file")
    let database = try DatabaseQueue(path: folder.path)
    #expect(try database.read { try String.fetchOne($0, sql: "PRAGMA integrity_check") } == "ok")
  }

  @Test func whatIsCommittedWhileItIsDeletedIsWrittenAgain() throws {
    var rounds = 0
    try live.use { store in
      if rounds == 0 { try? FileManager.default.removeItem(atPath: folder.path) }
      rounds += 1
      try store.insert([.sample(1)])
    }
    #expect(rounds == 2)
    #expect(try folder.bodies() == ["a 0 1"])
  }

  /// As by hand in sqlite3's shell, which does not look after foreign keys.
  @Test func aStreamThatSomebodyDeletesIsMadeAnew() throws {
    try folder.change("PRAGMA foreign_keys = OFF; DELETE FROM result; DELETE FROM stream")
    // The daemon has the stream's number in mind, and forgets it with the commit that fails.
    #expect(throws: HistoryError.self) { try live.use { try $0.insert([.sample(1)]) } }
    try live.use { try $0.insert([.sample(1)]) }
    #expect(try folder.bodies() == ["a 0 1"])
  }

  @Test func aHistoryThatCanNotBeMadeAnewIsTriedAgain() throws {
    let away = folder.url.appendingPathExtension("away")
    try FileManager.default.moveItem(at: folder.url, to: away)
    defer { try? FileManager.default.removeItem(at: away) }
    for _ in 0..<2 {
      let error = #expect(throws: HistoryError.self) { try live.use { try $0.insert([.sample(1)]) } }
      #expect(error?.exitCode == .noInput)
    }
    try FileManager.default.createDirectory(at: folder.url, withIntermediateDirectories: true)
    try live.use { try $0.insert([.sample(1)]) }
    #expect(try folder.bodies() == ["a 0 1"])
  }

  /// The message says: move it away, a new one is then made.
  @Test func aHistoryThatBreaksIsMadeAnewOnceItIsMovedAway() throws {
    try live.use { store in
      try store.insert((1..<1000).map { .sample($0) })
      _ = try? store.database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    }
    let file = try FileHandle(forWritingTo: URL(filePath: folder.path))
    try file.write(contentsOf: Data(repeating: 0x55, count: 1 << 16))
    for _ in 0..<2 {
      let error = #expect(throws: HistoryError.self) {
        try live.use { store in
          // Or it would write into pages that it still has.
          store.database.releaseMemory()
          try store.insert([.sample(2000, stream: "b")])
        }
      }
      #expect(error?.problem.hasSuffix("move it away, a new one is then made") == true, "\(error.debugDescription)")
    }
    try folder.move(to: "broken.sqlite")
    try live.use { try $0.insert([.sample(5000)]) }
    #expect(try folder.bodies() == ["a 0 5000"])
  }
}
