import CDispatch  // Where the compiler finds stat and timespec once NIO is among the modules.
import Glibc
import Logging

/// Turns records into lines of the log.
struct LogPrinter: Sendable {
  /// Whether the lines go to systemd's journal, which has times of its own and takes levels as sd-daemon(3) has it.
  let isJournal: Bool
  let output: @Sendable (String) -> Void

  func print(_ record: LogRecord, _ format: LogConfiguration.Format) {
    let prefix = isJournal ? "<\(record.level.priority)>" : ""
    switch format {
    case .text: output("\(prefix)\(isJournal ? record.text : "\(record.time) \(record.level) \(record.text)")\n")
    case .json: output("\(prefix)\(record.json)\n")
    }
  }

  /// Whether standard error is the stream that `JOURNAL_STREAM` names, as systemd.exec(5) has it.
  static func isJournal(_ environment: [String: String]) -> Bool {
    guard let stream = environment["JOURNAL_STREAM"] else { return false }
    var status = stat()
    return fstat(STDERR_FILENO, &status) == 0 && stream == "\(status.st_dev):\(status.st_ino)"
  }
}

extension Logger.Level {
  /// The priority of sd-daemon(3): 3 is an error, 7 for debugging.
  fileprivate var priority: Int {
    switch self {
    case .trace, .debug: 7
    case .info: 6
    case .notice: 5
    case .warning: 4
    case .error: 3
    case .critical: 2
    }
  }
}
