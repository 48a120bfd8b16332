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

  /// The rows of the results, in the order of their windows' ends. Eight bytes each: all of a history have room.
  func rows(in database: Database) throws -> [Int64] {
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
    return try Int64.fetchAll(
      database,
      sql: """
        SELECT id FROM (
          SELECT id, t_end_us FROM result WHERE \(conditions.joined(separator: " AND "))
          ORDER BY t_end_us DESC, id DESC LIMIT ?)
        ORDER BY t_end_us, id
        """, arguments: arguments)
  }

  /// The bodies of the results in `rows`, in their order, but for those that are gone by now.
  static func bodies(of rows: ArraySlice<Int64>, in database: Database) throws -> [String] {
    let statement = try database.cachedStatement(sql: "SELECT body FROM result WHERE id = ?")
    return try rows.compactMap { try Row.fetchOne(statement, arguments: [$0])?.decode(atIndex: 0) }
  }
}

extension HistoryFile {
  private static let pageRows = 4096

  /// Hands `body` the JSON of each result that `search` finds, in the order of their windows' ends. It may take its time:
  /// results are read page by page, and nothing is held in between.
  ///
  /// - Throws: `HistoryError`, and what `body` throws.
  func forEachBody(_ search: HistorySearch, _ body: (String) throws -> Void) throws {
    var rows = try read(search.rows)[...]
    while !rows.isEmpty {
      let page = rows.prefix(Self.pageRows)
      rows = rows.dropFirst(page.count)
      for text in try read({ try HistorySearch.bodies(of: page, in: $0) }) { try body(text) }
    }
  }
}
