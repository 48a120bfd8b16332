import GRDB

/// The tables of the history. Whoever reads the file with another program may rely on them.
///
/// `stream` names each stream once. `result` has a row for each result, `id` in the order of publication; `body` is the
/// JSON that was published, and the other columns are those of its members that results are searched by.
enum HistorySchema {
  static var migrator: DatabaseMigrator {
    var migrator = DatabaseMigrator()
    migrator.registerMigration("results") { database in
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
    return migrator
  }
}
