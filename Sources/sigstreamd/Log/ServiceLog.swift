import CDispatch  // Where the compiler finds stat and timespec once NIO is among the modules.
import Foundation
import Logging

/// The daemon's log on standard error. How it is written can change while it is.
final class ServiceLog: Sendable {
  private let configuration = Monitor(LogConfiguration())
  /// Whether standard error goes to systemd's journal, which has times of its own and takes levels as sd-daemon(3) has it.
  private let isJournal: Bool
  private let clock: PipelineClock
  private let output: @Sendable (String) -> Void

  /// - Parameter output: takes a record with its line break.
  init(
    isJournal: Bool = ServiceLog.isJournal(ProcessInfo.processInfo.environment), clock: PipelineClock = .system,
    output: @escaping @Sendable (String) -> Void = { StandardError.write($0) }
  ) {
    (self.isJournal, self.clock, self.output) = (isJournal, clock, output)
  }

  func configure(_ new: LogConfiguration) { configuration.withLock { $0 = new } }

  /// Writes to it for the daemon as a whole; `Logger.of` for its components.
  var logger: Logger { Logger(label: "sigstreamd") { _ in ServiceLogHandler(log: self) } }

  fileprivate func level(of component: LogComponent) -> Logger.Level {
    configuration.withLock { $0.level(of: component) }
  }

  fileprivate func write(_ event: LogEvent, _ metadata: Logger.Metadata, component: LogComponent) {
    let record = LogRecord(
      microseconds: clock.microsecondsSince1970(), level: event.level, component: component,
      message: event.message.description, metadata: metadata.mapValues(\.description))
    let prefix = isJournal ? "<\(record.level.priority)>" : ""
    switch configuration.withLock({ $0.format }) {
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

/// A line of the log.
struct LogRecord {
  /// Since 1970.
  var microseconds: Int64
  var level: Logger.Level
  var component: LogComponent
  var message: String
  var metadata: [String: String]

  /// In UTC, as RFC 3339 has it, with milliseconds.
  var time: String {
    // Half a millisecond more, because the format cuts off what is below one.
    Date(timeIntervalSince1970: (Double(microseconds / 1000) + 0.5) * 1e-3)
      .formatted(Date.ISO8601FormatStyle(includingFractionalSeconds: true))
  }

  /// Without time and level; one line, whatever the message has in it.
  var text: String {
    let more = metadata.sorted { $0.key < $1.key }.map { " \($0.key)=\(Self.quoted($0.value))" }
    return "\(component.rawValue): \(message)\(more.joined())".split(whereSeparator: \.isNewline).joined(separator: " ")
  }

  var json: String {
    let own = ["time": time, "level": level.rawValue, "component": component.rawValue, "message": message]
    return (try? JSONText.encode(metadata.merging(own) { $1 })) ?? ""
  }

  private static func quoted(_ value: String) -> String {
    value.contains(where: { $0.isWhitespace || $0 == "\"" }) ? "\"\(value.replacing("\"", with: "\\\""))\"" : value
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

private struct ServiceLogHandler: LogHandler {
  let log: ServiceLog
  var metadata: Logger.Metadata = [:]

  private var component: LogComponent {
    metadata[Logger.componentKey].flatMap { LogComponent(rawValue: "\($0)") } ?? .daemon
  }

  /// That of the configuration, which may change: what a program sets is ignored.
  var logLevel: Logger.Level {
    get { log.level(of: component) }
    set {}
  }

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) {
    var all = metadata.merging(event.metadata ?? [:]) { $1 }
    all[Logger.componentKey] = nil
    log.write(event, all, component: component)
  }
}
