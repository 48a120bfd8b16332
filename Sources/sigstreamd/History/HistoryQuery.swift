import GRDB

/// What is asked of a history, in SQL.
enum HistoryQuery {
  /// The last position of each stream of a feed, by the stream's name.
  static func positions(feed: String, in database: Database) throws -> [String: HistoryPosition] {
    let rows = try Row.fetchCursor(
      database,
      sql: """
        SELECT stream.name, result.epoch, result.seq, result.start FROM stream JOIN result ON result.id = (
          SELECT id FROM result WHERE result.stream = stream.id ORDER BY epoch DESC, seq DESC LIMIT 1)
        WHERE stream.feed = ?
        """, arguments: [feed])
    var positions: [String: HistoryPosition] = [:]
    while let row = try rows.next() {
      positions[row[0]] = HistoryPosition(epoch: row[1], sequence: row[2], startSample: row[3])
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
    ).map { ($0[0], $0[1]) }
  }

  /// The smallest number there is of one epoch of a stream; nil when there is none.
  static func oldest(feed: String, stream: String, epoch: Int, in database: Database) throws -> Int? {
    try Int.fetchOne(
      database,
      sql: """
        SELECT min(seq) FROM result WHERE stream = (SELECT id FROM stream WHERE feed = ? AND name = ?) AND epoch = ?
        """, arguments: [feed, stream, epoch])
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
    ).map { ($0[0], $0[1]) }
  }
}
