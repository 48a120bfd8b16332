import GRDB
import StreamIO

/// The history's file as the daemon writes it. Used on one thread.
///
/// A write-ahead log, so that readers and the writer don't wait for each other, and a crash at any moment leaves all that
/// was committed and nothing else. Every commit is synced to the disc (`synchronous = FULL`): what was acknowledged
/// survives the loss of power too, and with a commit for many results at a time that costs little.
struct HistoryStore {
  let database: DatabaseQueue
  private let path: String
  private let keep: HistoryRetention
  private let lock: HistoryLock
  private let files: HistoryFiles
  // By feed and stream; emptied whenever what it says may not be in the file.
  private var streams: [[String]: Int64] = [:]

  // How long it waits for another program that holds the file.
  private static let busySeconds = 3.0
  // Bytes of the log that stay on the disc once a reader that had made it grow is done.
  private static let largestLog = 16 << 20

  /// Opens the history, and makes it where there is none. No other daemon can open it meanwhile.
  ///
  /// - Throws: `HistoryError`, also where the file is another program's, which is left as it is.
  init(path: String, keep: HistoryRetention) throws(HistoryError) {
    (self.path, self.keep) = (path, keep)
    if FileBytes.exists(path: path) { try HistoryFile.checkWritable(path: path) }
    lock = try HistoryLock(path: path)
    do {
      database = try DatabaseQueue(path: path, configuration: Self.configuration)
      try HistorySchema.migrator.migrate(database)
      try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
    } catch {
      throw HistoryError(path: path, error, for: .writing)
    }
    files = HistoryFiles(path: path)
  }

  private static var configuration: GRDB.Configuration {
    var configuration = GRDB.Configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(busySeconds)
    configuration.label = "history"
    configuration.prepareDatabase { database in
      // Before the first table is made: pages that are freed can then be given back.
      try database.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL")
      try database.execute(sql: "PRAGMA journal_size_limit = \(largestLog)")
    }
    return configuration
  }

  /// What has become of the history's files since they were opened, for people; nil: they are at their paths.
  var change: String? { files.change }

  /// Closes a history whose files are not at their paths any more. What was committed goes into the file itself, wherever
  /// that is now, as far as it can still be written; nothing of it is left beside the one that takes its place.
  func closeMoved() {
    _ = try? database.writeWithoutTransaction { try $0.checkpoint(.truncate) }
    try? database.close()
    files.deleteLeftovers()
  }

  /// Writes records, all or none. A result that is there already is replaced.
  mutating func insert(_ records: [HistoryRecord]) throws(HistoryError) {
    var streams = self.streams
    self.streams = [:]
    try attempt {
      try database.write { database in
        for record in records { try Self.insert(record.result, record.body, in: database, &streams) }
      }
    }
    self.streams = streams
  }

  private static func insert(
    _ result: WindowResult, _ body: [UInt8], in database: Database, _ streams: inout [[String]: Int64]
  ) throws {
    let key = [result.feed, result.stream]
    let stream = try streams[key] ?? identifier(of: key, in: database)
    streams[key] = stream
    let statement = try database.cachedStatement(
      sql: """
        INSERT OR REPLACE INTO result
          (stream, epoch, seq, start, t_start_us, t_end_us, t_pub_us, status, label, confidence, anomaly, body)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
        """)
    try statement.execute(arguments: [
      stream, result.epoch, result.sequence, result.startSample, result.startMicroseconds, result.endMicroseconds,
      result.publishedMicroseconds, result.status.rawValue, result.label, result.confidence.map { Double($0) },
      result.anomaly.map { Double($0) }, String(decoding: body, as: UTF8.self),
    ])
  }

  private static func identifier(of key: [String], in database: Database) throws -> Int64 {
    try database.execute(
      sql: "INSERT INTO stream (feed, name) VALUES (?, ?) ON CONFLICT DO NOTHING", arguments: [key[0], key[1]])
    let identifier = try Int64.fetchOne(
      database, sql: "SELECT id FROM stream WHERE feed = ? AND name = ?", arguments: [key[0], key[1]])
    guard let identifier else { preconditionFailure("a row that was just written is there") }
    return identifier
  }

  // MARK: Bounds

  private static let vacuumPages = 1000

  /// Removes results that are too old or too many, the oldest first and `limit` of them at the most, so that no step
  /// takes long, and gives a part of the freed space back.
  ///
  /// - Parameter now: microseconds since 1970.
  mutating func prune(now: Int64, limit: Int) throws(HistoryError) {
    try attempt {
      try database.write { database in
        if let age = keep.age {
          try Self.removeOld(before: now - age.inMicroseconds, now: now, limit: limit, in: database)
        }
        if let bytes = keep.bytes, try Self.usedBytes(database) > bytes {
          try database.execute(
            sql: "DELETE FROM result WHERE id IN (SELECT id FROM result ORDER BY id LIMIT ?)", arguments: [limit])
        }
        _ = try Row.fetchAll(database, sql: "PRAGMA incremental_vacuum(\(Self.vacuumPages))")
      }
    }
  }

  /// Removes results that were published before `before`.
  ///
  /// Some say otherwise, as the clock was ahead then. They are known by a result that was published after them and is too
  /// old. Their date alone would not do: where the clock is behind now, all results are dated ahead.
  ///
  /// - Parameters:
  ///   - before: microseconds since 1970, as `now`.
  ///   - limit: how many of either kind.
  private static func removeOld(before: Int64, now: Int64, limit: Int, in database: Database) throws {
    let old = "SELECT id FROM result WHERE t_pub_us < ? ORDER BY t_pub_us LIMIT ?"
    let newest = try Int64.fetchOne(database, sql: "SELECT max(id) FROM (\(old))", arguments: [before, limit])
    guard let newest else { return }
    try database.execute(
      sql: """
        DELETE FROM result WHERE id IN (
          SELECT id FROM result WHERE t_pub_us > ? AND id < ? ORDER BY t_pub_us DESC LIMIT ?)
        """, arguments: [now, newest, limit])
    // While some are left, so are those that tell of them.
    guard database.changesCount < limit else { return }
    try database.execute(sql: "DELETE FROM result WHERE id IN (\(old))", arguments: [before, limit])
  }

  /// Forgets the names of streams that have no results any more. O(streams).
  mutating func pruneStreams() throws(HistoryError) {
    streams = [:]
    try attempt {
      try database.write {
        try $0.execute(
          sql: "DELETE FROM stream WHERE NOT EXISTS (SELECT 1 FROM result WHERE result.stream = stream.id)")
      }
    }
  }

  private static func usedBytes(_ database: Database) throws -> Int {
    func number(_ pragma: String) throws -> Int { try Int.fetchOne(database, sql: "PRAGMA \(pragma)") ?? 0 }
    return try (number("page_count") - number("freelist_count")) * number("page_size")
  }

  private func attempt(_ body: () throws -> Void) throws(HistoryError) {
    do {
      try body()
    } catch {
      throw HistoryError(path: path, error, for: .writing)
    }
  }
}
