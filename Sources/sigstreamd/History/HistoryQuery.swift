import GRDB

/// What is asked of a history, in SQL. Values that are not what the daemon wrote, as another program may have changed the
/// file, throw `RowDecodingError`: rows are fetched as a whole, as those of a cursor make numbers of anything.
enum HistoryQuery {
  /// The last position of each stream of a feed, by the stream's name.
  static func positions(feed: String, in database: Database) throws -> [String: HistoryPosition] {
    let rows = try Row.fetchAll(
      database,
      sql: """
        SELECT stream.name, result.epoch, result.seq, result.start FROM stream JOIN result ON result.id = (
          SELECT id FROM result WHERE result.stream = stream.id ORDER BY epoch DESC, seq DESC LIMIT 1)
        WHERE stream.feed = ?
        """, arguments: [feed])
    var positions: [String: HistoryPosition] = [:]
    for row in rows {
      positions[try row.decode(atIndex: 0)] = HistoryPosition(
        epoch: try row.decode(atIndex: 1), sequence: try row.decode(atIndex: 2), startSample: try row.decode(atIndex: 3)
      )
    }
    return positions
  }

  /// The results of one epoch of a stream whose numbers are in `sequences`, in their order, at most `limit`.
  static func results(
    feed: String, stream: String, epoch: Int, sequences: ClosedRange<Int>, limit: Int, in database: Database
  ) throws -> [(sequence: Int, body: String)] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT seq, body FROM result
        WHERE stream = (SELECT id FROM stream WHERE feed = ? AND name = ?) AND epoch = ? AND seq BETWEEN ? AND ?
        ORDER BY seq LIMIT ?
        """, arguments: [feed, stream, epoch, sequences.lowerBound, sequences.upperBound, limit]
    ).map { (try $0.decode(atIndex: 0), try $0.decode(atIndex: 1)) }
  }

  /// The smallest number there is of one epoch of a stream; nil when there is none.
  static func oldest(feed: String, stream: String, epoch: Int, in database: Database) throws -> Int? {
    try Row.fetchOne(
      database,
      sql: """
        SELECT min(seq) FROM result WHERE stream = (SELECT id FROM stream WHERE feed = ? AND name = ?) AND epoch = ?
        """, arguments: [feed, stream, epoch]
    )?.decode(atIndex: 0)
  }

  /// The last result of each stream whose `<feed>/<stream>` is behind `name`, in the order of these, at most `limit`.
  static func lastResults(after name: String, limit: Int, in database: Database) throws -> [(
    name: String, body: String
  )] {
    try Row.fetchAll(
      database,
      sql: """
        SELECT feed || '/' || name AS place, result.body FROM stream JOIN result ON result.id = (
          SELECT id FROM result WHERE result.stream = stream.id ORDER BY epoch DESC, seq DESC LIMIT 1)
        WHERE place > ? ORDER BY place LIMIT ?
        """, arguments: [name, limit]
    ).map { (try $0.decode(atIndex: 0), try $0.decode(atIndex: 1)) }
  }
}
