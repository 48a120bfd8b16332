import Foundation
import GRDB
import Testing

@testable import sigstreamd

struct HistoryStoreTests {
  private let folder: HistoryFolder

  init() throws { folder = try HistoryFolder() }

  @Test func positionsAreThoseOfTheLastResultOfEachStream() throws {
    var store = try folder.store()
    try store.insert([.sample(0), .sample(1), .sample(0, stream: "b", epoch: 3), .sample(9, feed: "other")])
    try store.insert([.sample(0, epoch: 1)])
    #expect(
      try folder.positions(feed: "ecg") == [
        "a": HistoryPosition(epoch: 1, sequence: 0, startSample: 0),
        "b": HistoryPosition(epoch: 3, sequence: 0, startSample: 0),
      ])
    #expect(try folder.positions(feed: "other")["a"] == HistoryPosition(epoch: 0, sequence: 9, startSample: 9 * 256))
    #expect(try folder.positions(feed: "none").isEmpty)
  }

  @Test func aResultThatComesAgainReplacesTheFormer() throws {
    var store = try folder.store()
    try store.insert([.sample(0, body: "old"), .sample(1)])
    try store.insert([.sample(0, body: "new")])
    #expect(try folder.bodies().sorted() == ["a 0 1", "new"])
  }

  @Test func aStopAndANewStartKeepsWhatIsThere() throws {
    for round in 0..<3 {
      var store = try folder.store()
      try store.insert([.sample(round), .sample(round, stream: "\(round)")])
    }
    #expect(try folder.bodies().count == 6)
  }

  @Test func resultsOlderThanAllowedGoInSteps() throws {
    var store = try folder.store(keep: HistoryRetention(age: .seconds(10)))
    try store.insert((0..<20).map { .sample($0) })
    // At second 25 those published before second 15 are too old.
    try store.prune(now: 25_000_000, limit: 4)
    #expect(try folder.bodies().count == 16)
    for _ in 0..<10 { try store.prune(now: 25_000_000, limit: 4) }
    #expect(try folder.bodies() == (15..<20).map { "a 0 \($0)" })
  }

  @Test func theFileStaysWithinItsBound() throws {
    let bound = 1 << 20
    var store = try folder.store(keep: HistoryRetention(bytes: bound))
    let body = String(repeating: "x", count: 1000)
    for step in 0..<60 {
      try store.insert((0..<100).map { .sample(100 * step + $0, body: body) })
      try store.prune(now: 0, limit: 200)
    }
    try store.database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    let attributes = try FileManager.default.attributesOfItem(atPath: folder.path)
    let size = try #require(attributes[.size] as? Int)
    // 6000 results of a kilobyte came; the bound, and a step's hundred, are left.
    #expect((bound / 2...bound + 300_000).contains(size), "\(size) bytes")
    #expect(try folder.positions(feed: "ecg")["a"]?.sequence == 5999, "the newest stay")
  }

  @Test func namesOfStreamsWithoutResultsAreForgotten() throws {
    var store = try folder.store(keep: HistoryRetention(age: .seconds(1)))
    try store.insert([.sample(0, stream: "gone"), .sample(100, stream: "here")])
    try store.prune(now: 100_000_000, limit: 100)
    try store.pruneStreams()
    let names = try store.database.read { try String.fetchAll($0, sql: "SELECT name FROM stream") }
    #expect(names == ["here"])
    try store.insert([.sample(101, stream: "gone"), .sample(101, stream: "here")])
    #expect(try folder.bodies().count == 3)
  }

  /// The daemon is killed with a commit half written: the log is cut anywhere, or its bytes are not what they were.
  @Test func aTornLogLeavesTheCommitsBeforeIt() throws {
    var store = try folder.store()
    for commit in 0..<8 { try store.insert((0..<5).map { .sample(5 * commit + $0) }) }
    let log = try Data(contentsOf: URL(filePath: folder.path + "-wal"))
    var kept: Set<Int> = []
    for cut in Array(stride(from: 0, to: log.count, by: 1777)) + [log.count] {
      for isTorn in [false, true] where !isTorn || cut > 0 {
        let copy = try HistoryFolder()
        try FileManager.default.copyItem(atPath: folder.path, toPath: copy.path)
        var torn = log.prefix(isTorn ? log.count : cut)
        if isTorn { torn[cut - 1] ^= 0x40 }
        try torn.write(to: URL(filePath: copy.path + "-wal"))
        var opened = try copy.store()
        let bodies = try copy.bodies()
        #expect(bodies.count.isMultiple(of: 5), "whole commits only")
        #expect(bodies == (0..<bodies.count).map { "a 0 \($0)" }, "the first ones")
        kept.insert(bodies.count)
        try opened.insert([.sample(1000)])
        #expect(try copy.bodies().count == bodies.count + 1)
      }
    }
    #expect(kept.contains(0) && kept.contains(40) && kept.count > 4, "\(kept)")
  }

  @Test func aFullDiscIsToldAndCostsNothingThatWasThere() throws {
    var store = try folder.store()
    try store.insert([.sample(0)])
    // The file may grow by two pages more.
    let pages = try store.database.read { try Int.fetchOne($0, sql: "PRAGMA page_count") ?? 0 }
    func allow(_ pages: Int) throws {
      _ = try store.database.writeWithoutTransaction { try Row.fetchAll($0, sql: "PRAGMA max_page_count = \(pages)") }
    }
    try allow(pages + 2)
    let many = (1...100).map { HistoryRecord.sample($0, stream: "new", body: String(repeating: "x", count: 500)) }
    let error = #expect(throws: HistoryError.self) { try store.insert(many) }
    #expect(error?.description == "\(folder.path): the disc is full: make room")
    #expect(try folder.bodies() == ["a 0 0"])
    try allow(1 << 20)
    try store.insert(many)
    #expect(try folder.bodies(HistorySearch(stream: "new")).count == 100)
  }

  @Test func aFileThatIsNoHistoryIsRefusedAndLeftAlone() throws {
    func error(_ body: () throws -> Void) -> HistoryError? { #expect(throws: HistoryError.self, performing: body) }
    let text = Data(repeating: 0x41, count: 5000)
    try text.write(to: URL(filePath: folder.path))
    #expect(error { _ = try folder.store() }?.exitCode == .data)
    #expect(error { _ = try HistoryFile(path: folder.path) }?.problem.hasPrefix("is no database") == true)
    #expect(try Data(contentsOf: URL(filePath: folder.path)) == text)

    let missing = folder.url.appending(path: "missing/history.sqlite").path
    #expect(error { _ = try HistoryFile(path: missing) }?.exitCode == .noInput)
    #expect(error { _ = try HistoryStore(path: missing, keep: HistoryRetention()) }?.exitCode == .noInput)

    let other = try HistoryFolder()
    try DatabaseQueue(path: other.path).write { try $0.execute(sql: "CREATE TABLE recipe (name TEXT)") }
    #expect(error { _ = try HistoryFile(path: other.path) }?.problem == "is no history of sigstreamd: check the path")
  }

  @Test func aHistoryOfANewerVersionIsRefused() throws {
    let store = try folder.store()
    try store.database.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('results of tomorrow')") }
    let error = #expect(throws: HistoryError.self) { try folder.store() }
    #expect(error?.problem.hasPrefix("was written by a newer sigstreamd") == true)
  }
}
