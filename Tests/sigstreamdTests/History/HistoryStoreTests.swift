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

  /// The clock was ahead for a while, before what it says now.
  @Test func resultsDatedAheadGoOnceOneAfterThemIsTooOld() throws {
    var store = try folder.store(keep: HistoryRetention(age: .seconds(10)))
    let ahead = (10..<20).map { HistoryRecord.sample($0, published: 1_000_000 + Int64($0)) }
    try store.insert((0..<10).map { .sample($0) } + ahead + (20..<40).map { .sample($0) })
    try store.prune(now: 29_000_000, limit: 100)
    #expect(
      try folder.bodies() == (10..<40).map { "a 0 \($0)" }, "those dated ahead came after the ones that are too old")
    try store.prune(now: 35_000_000, limit: 4)
    #expect(try folder.bodies().count == 26, "in steps")
    for _ in 0..<5 { try store.prune(now: 35_000_000, limit: 4) }
    #expect(try folder.bodies() == (25..<40).map { "a 0 \($0)" })
  }

  @Test func aClockThatIsBehindCostsNoResult() throws {
    var store = try folder.store(keep: HistoryRetention(age: .seconds(10)))
    try store.insert((1000..<1020).map { .sample($0) })
    for now in [Int64(0), 500_000_000] { try store.prune(now: now, limit: 100) }
    #expect(try folder.bodies().count == 20)
  }

  @Test func agesAreLookedUpNotScannedFor() throws {
    let store = try folder.store()
    let plan = try store.database.read {
      try Row.fetchAll(
        $0, sql: "EXPLAIN QUERY PLAN SELECT id FROM result WHERE t_pub_us < 5 ORDER BY t_pub_us LIMIT 4")
    }
    let details = plan.map { $0["detail"] as String }
    #expect(details.count == 1 && details[0].contains("USING COVERING INDEX result_by_publication"), "\(details)")
  }

  @Test func aHistoryOfTheFirstVersionIsReadAndGetsItsIndex() throws {
    _ = try folder.store()
    try folder.change("DROP INDEX result_by_publication; DELETE FROM grdb_migrations WHERE identifier != 'results'")
    #expect(try folder.bodies() == [])
    let store = try folder.store()
    #expect(try store.database.read { try $0.indexes(on: "result").contains { $0.name == "result_by_publication" } })
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
    let problem = error { _ = try HistoryFile(path: folder.path) }?.problem
    #expect(problem?.hasPrefix("is no history of sigstreamd (") == true && problem?.hasSuffix("check the path") == true)
    #expect(try Data(contentsOf: URL(filePath: folder.path)) == text)

    let missing = folder.url.appending(path: "missing/history.sqlite").path
    #expect(error { _ = try HistoryFile(path: missing) }?.exitCode == .noInput)
    #expect(error { _ = try HistoryStore(path: missing, keep: HistoryRetention()) }?.exitCode == .noInput)

    let here = folder.url.path
    #expect(error { _ = try HistoryFile(path: here) }?.description == "\(here): is a folder: name a file in it")
    #expect(error { _ = try HistoryStore(path: here, keep: HistoryRetention()) }?.exitCode == .data)
  }

  @Test(arguments: ["CREATE TABLE recipe (name TEXT)", "CREATE TABLE result (name TEXT)"])
  func anotherProgramsDatabaseIsRefusedAndLeftAlone(table: String) throws {
    try folder.change(table)
    let bytes = try Data(contentsOf: URL(filePath: folder.path))
    let error = #expect(throws: HistoryError.self) { try folder.store() }
    #expect(error?.problem == "is no history of sigstreamd: name another file, or move it away")
    #expect(error?.exitCode == .data)
    let check = #expect(throws: HistoryError.self) { try HistoryConfiguration(path: folder.path).check() }
    #expect(check == error)
    let reading = #expect(throws: HistoryError.self) { try HistoryFile(path: folder.path) }
    #expect(reading?.problem == "is no history of sigstreamd: check the path")
    #expect(try Data(contentsOf: URL(filePath: folder.path)) == bytes)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["history.sqlite"])
  }

  @Test func aHistoryWithoutItsTablesIsNone() throws {
    _ = try folder.store()
    try folder.change("DROP TABLE result")
    #expect(throws: HistoryError.self) { try folder.store() }
    let error = #expect(throws: HistoryError.self) { try HistoryFile(path: folder.path) }
    #expect(error?.problem == "is no history of sigstreamd: check the path" && error?.exitCode == .data)
  }

  /// What `touch` makes, and a daemon that is killed at the moment it makes its history.
  @Test(arguments: ["", "CREATE TABLE grdb_migrations (identifier TEXT NOT NULL PRIMARY KEY)"])
  func anEmptyFileBecomesAHistory(table: String) throws {
    try Data().write(to: URL(filePath: folder.path))
    if !table.isEmpty { try folder.change(table) }
    try HistoryConfiguration(path: folder.path).check()
    var store = try folder.store()
    try store.insert([.sample(0)])
    #expect(try folder.bodies() == ["a 0 0"])
  }

  @Test func oneDaemonAtATimeHasAHistory() throws {
    let link = folder.url.appending(path: "link").path
    try FileManager.default.createSymbolicLink(atPath: link, withDestinationPath: folder.path)
    let store = try folder.store()
    for path in [folder.path, link] {
      let error = #expect(throws: HistoryError.self) { try HistoryStore(path: path, keep: HistoryRetention()) }
      #expect(error?.problem == "another daemon writes it: give each daemon a history of its own")
      #expect(error?.exitCode == .unavailable)
    }
    // Until here it has the lock.
    #expect(store.change == nil)
  }

  /// `sigstreamd history | less`, and nobody reads on.
  @Test func aReaderThatStallsHoldsNothing() throws {
    var store = try folder.store()
    try store.insert((0..<10).map { .sample($0) })
    var count = 0
    try HistoryFile(path: folder.path).forEachBody(HistorySearch()) { _ in
      count += 1
      try store.insert([.sample(100 + count)])
      try store.database.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
    }
    #expect(count == 10)
  }

  @Test func aLogThatGrewGivesItsRoomBack() throws {
    var store = try folder.store()
    let body = String(repeating: "x", count: 100_000)
    let file = try HistoryFile(path: folder.path)
    func logBytes() throws -> Int {
      try FileManager.default.attributesOfItem(atPath: folder.path + "-wal")[.size] as? Int ?? 0
    }
    try file.read { database in
      _ = try HistoryQuery.positions(feed: "ecg", in: database)
      for step in 0..<25 { try store.insert((0..<10).map { .sample(10 * step + $0, body: body) }) }
      #expect(try logBytes() > 20 << 20)
    }
    for step in 25..<28 { try store.insert([.sample(10 * step, body: body)]) }
    #expect(try logBytes() <= 16 << 20)
  }

  /// Another program has changed the file: its rows are no trap.
  @Test(arguments: ["body = x'ff'", "seq = 'many'", "start = x'ff'", "epoch = 1e300"])
  func aRowThatCanNotBeReadIsToldOf(change: String) throws {
    var store = try folder.store()
    try store.insert([.sample(0)])
    try folder.change("UPDATE result SET \(change)")
    let file = try HistoryFile(path: folder.path)
    let error = #expect(throws: HistoryError.self) {
      _ = try file.read { try HistoryQuery.positions(feed: "ecg", in: $0) }
      _ = try file.read { try HistoryQuery.lastResults(after: "", limit: 10, in: $0) }
    }
    #expect(error?.problem == "has a row that can't be read: was it changed by another program?")
    #expect(error?.exitCode == .data)
    if change.hasPrefix("body") { #expect(throws: HistoryError.self) { try folder.bodies() } }
  }

  @Test func aHistoryOfANewerVersionIsRefused() throws {
    let store = try folder.store()
    try store.database.write { try $0.execute(sql: "INSERT INTO grdb_migrations VALUES ('results of tomorrow')") }
    try store.database.close()
    let error = #expect(throws: HistoryError.self) { try HistoryFile(path: folder.path) }
    #expect(error?.problem.hasPrefix("was written by a newer sigstreamd") == true)
    #expect(throws: HistoryError.self) { try HistoryFile.checkWritable(path: folder.path) }
  }
}
