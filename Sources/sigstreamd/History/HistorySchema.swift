import GRDB

/// The tables of the history. Whoever reads the file with another program may rely on them.
///
/// `stream` names each stream once. `result` has a row for each result, `id` in the order of publication; `body` is the
/// JSON that was published, and the other columns are those of its members that results are searched by.
enum HistorySchema {
  /// What a database is to the daemon.
  enum Content: Sendable {
    /// Nothing is in it yet.
    case empty
    case history
    /// One that this program does not understand.
    case newerHistory
    /// Another program's.
    case foreign
  }

  private static let firstMigration = "results"

  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration(firstMigration) { database in
      try database.execute(
        sql: """
          CREATE TABLE stream (
            id INTEGER PRIMARY KEY,
            feed TEXT NOT NULL,
            name TEXT NOT NULL,
            UNIQUE (feed, name)
          );
          CREATE TABLE result (
            id INTEGER PRIMARY KEY,
            stream INTEGER NOT NULL REFERENCES stream (id),
            epoch INTEGER NOT NULL,
            seq INTEGER NOT NULL,
            start INTEGER NOT NULL,
            t_start_us INTEGER NOT NULL,
            t_end_us INTEGER NOT NULL,
            t_pub_us INTEGER NOT NULL,
            status TEXT NOT NULL,
            label TEXT,
            confidence REAL,
            anomaly REAL,
            body TEXT NOT NULL,
            UNIQUE (stream, epoch, seq)
          );
          CREATE INDEX result_by_time ON result (stream, t_end_us);
          """)
    }
    // For the age that results may have: they don't always come in the order of their dates.
    migrator.registerMigration("order of publication") { database in
      try database.execute(sql: "CREATE INDEX result_by_publication ON result (t_pub_us)")
    }
    return migrator
  }

  /// Looks what is in a database. A history of an older version, which the daemon brings up to date, is one.
  static func content(of database: Database) throws -> Content {
    let migrations = try migrator.appliedIdentifiers(database)
    let tables = try String.fetchSet(
      database,
      sql:
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%' AND name != 'grdb_migrations'")
    if tables.isEmpty && migrations.isEmpty { return .empty }
    guard migrations.contains(firstMigration), tables.isSuperset(of: ["stream", "result"]) else { return .foreign }
    return try migrator.hasBeenSuperseded(database) ? .newerHistory : .history
  }
}
