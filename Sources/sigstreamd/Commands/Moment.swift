import ArgumentParser
import Foundation

/// A point in time on the command line: so long ago, or a date.
enum Moment: Sendable, Equatable {
  case ago(Duration)
  case date(microsecondsSince1970: Int64)

  /// In microseconds since 1970.
  func microseconds(now: Int64) -> Int64 {
    switch self {
    case .ago(let duration): now - duration.inMicroseconds
    case .date(let microseconds): microseconds
    }
  }
}

/// Reads `1h`, or a date as ISO 8601 has it: `2026-05-01T08:00:00Z`, `2026-05-01T08:00:00.5+02:00`; without a time zone it
/// is UTC, and without a time that day's beginning.
func parseMoment(_ text: String) throws -> Moment {
  if let duration = Quantity.duration(text) { return .ago(duration) }
  let day = text.wholeMatch(of: /\d{4}-\d{2}-\d{2}/) != nil
  let zone = text.contains(/([Zz]|[+-]\d{2}:?\d{2})$/) && !day
  let full = day ? "\(text)T00:00:00Z" : zone ? text : "\(text)Z"
  let styles = [false, true].map { Date.ISO8601FormatStyle(includingFractionalSeconds: $0) }
  guard let date = styles.lazy.compactMap({ try? $0.parse(full) }).first else {
    throw ValidationError("write a time such as 1h or 7d ago, or a date such as 2026-05-01T08:00:00Z")
  }
  return .date(microsecondsSince1970: Int64((date.timeIntervalSince1970 * 1e6).rounded()))
}
