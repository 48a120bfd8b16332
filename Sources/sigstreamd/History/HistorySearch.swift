import GRDB

/// Which results of a history are wanted; nil is any.
struct HistorySearch: Sendable, Equatable {
  var feed: String?
  var stream: String?
  var label: String?
  /// When the window ended, microseconds since 1970: the first moment wanted, and the first that is not any more.
  var sinceMicroseconds: Int64?
  var untilMicroseconds: Int64?
  /// Only so many, the last ones.
  var limit: Int?

  /// The bodies of the results, in the order of their windows' ends.
  func bodies(in database: Database) throws -> RowCursor {
    var conditions = ["stream IN (SELECT id FROM stream WHERE feed = ifnull(?, feed) AND name = ifnull(?, name))"]
    var arguments: StatementArguments = [feed, stream]
    func add(_ condition: String, _ value: (any DatabaseValueConvertible)?) {
      guard let value else { return }
      conditions.append(condition)
      arguments += [value]
    }
    add("label = ?", label)
    add("t_end_us >= ?", sinceMicroseconds)
    add("t_end_us < ?", untilMicroseconds)
    arguments += [limit ?? -1]
    return try Row.fetchCursor(
      database,
      sql: """
        SELECT body FROM (
          SELECT id, t_end_us, body FROM result WHERE \(conditions.joined(separator: " AND "))
          ORDER BY t_end_us DESC, id DESC LIMIT ?)
        ORDER BY t_end_us, id
        """, arguments: arguments)
  }
}
