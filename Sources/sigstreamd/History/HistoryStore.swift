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
  // By feed and stream; emptied whenever what it says may not be in the file.
  private var streams: [[String]: Int64] = [:]

  /// Opens the history, and makes it where there is none.
  ///
  /// - Throws: `HistoryError`.
  init(path: String, keep: HistoryRetention) throws(HistoryError) {
    (self.path, self.keep) = (path, keep)
    var configuration = GRDB.Configuration()
    configuration.journalMode = .wal
    configuration.busyMode = .timeout(5)
    configuration.label = "history"
    // Before the first table is made: pages that are freed can then be given back.
    configuration.prepareDatabase { try $0.execute(sql: "PRAGMA auto_vacuum = INCREMENTAL") }
    do {
      database = try DatabaseQueue(path: path, configuration: configuration)
      try Self.checkVersion(database, path: path)
      try HistorySchema.migrator.migrate(database)
      try database.writeWithoutTransaction { try $0.execute(sql: "PRAGMA synchronous = FULL") }
    } catch let error as HistoryError {
      throw error
    } catch {
      throw HistoryError(path: path, error)
    }
  }

  static func checkVersion(_ database: DatabaseQueue, path: String) throws {
    guard try database.read(HistorySchema.migrator.hasBeenSuperseded) else { return }
    throw HistoryError(
      path: path, problem: "was written by a newer sigstreamd: use that one, or name another file", exitCode: .data)
  }

  /// Writes records, all or none. A result that is there already is replaced.
  mutating func insert(_ records: [HistoryRecord]) throws {
    do {
      var streams = self.streams
      try database.write { database in
        for record in records { try Self.insert(record.result, record.body, in: database, &streams) }
      }
      self.streams = streams
    } catch {
      throw HistoryError(path: path, error)
    }
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
  mutating func prune(now: Int64, limit: Int) throws {
    do {
      try database.write { database in
        let oldest = "DELETE FROM result WHERE id IN (SELECT id FROM result ORDER BY id LIMIT ?)"
        if let age = keep.age {
          try database.execute(
            sql: "\(oldest) AND t_pub_us < ?", arguments: [limit, now - age.inMicroseconds])
        }
        if let bytes = keep.bytes, try Self.usedBytes(database) > bytes {
          try database.execute(sql: oldest, arguments: [limit])
        }
        _ = try Row.fetchAll(database, sql: "PRAGMA incremental_vacuum(\(Self.vacuumPages))")
      }
    } catch {
      throw HistoryError(path: path, error)
    }
  }

  /// Forgets the names of streams that have no results any more. O(streams).
  mutating func pruneStreams() throws {
    streams = [:]
    do {
      try database.write {
        try $0.execute(
          sql: "DELETE FROM stream WHERE NOT EXISTS (SELECT 1 FROM result WHERE result.stream = stream.id)")
      }
    } catch {
      throw HistoryError(path: path, error)
    }
  }

  private static func usedBytes(_ database: Database) throws -> Int {
    func number(_ pragma: String) throws -> Int { try Int.fetchOne(database, sql: "PRAGMA \(pragma)") ?? 0 }
    return try (number("page_count") - number("freelist_count")) * number("page_size")
  }

}
