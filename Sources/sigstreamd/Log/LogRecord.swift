import Foundation
import Logging

/// A line of the log.
struct LogRecord {
  /// Since 1970.
  var microseconds: Int64
  var level: Logger.Level
  var component: LogComponent
  var message: String
  var metadata: [String: String]

  /// Tells of records that found no room.
  static func lost(_ count: Int, microseconds: Int64) -> LogRecord {
    LogRecord(
      microseconds: microseconds, level: .warning, component: .daemon,
      message: "lines of the log are lost here: they came faster than they could be written",
      metadata: ["count": "\(count)"])
  }

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
