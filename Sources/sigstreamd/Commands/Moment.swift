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

/// Reads `1h`, or a date as ISO 8601 has it: `2026-05-01T08:00:00Z`, `2026-05-01T08:00:00.5+02:00`; without a time that day's
/// beginning.
///
/// - Parameter timeZone: of a date that names none.
func parseMoment(_ text: String, timeZone: TimeZone) throws -> Moment {
  if let duration = Quantity.duration(text) { return .ago(duration) }
  guard let date = parseDate(text, timeZone: timeZone) else {
    throw ValidationError("write a time such as 1h or 7d ago, or a date such as 2026-05-01T08:00:00")
  }
  return .date(microsecondsSince1970: Int64((date.timeIntervalSince1970 * 1e6).rounded()))
}

/// The same, in the local time, by which results are shown.
func parseMoment(_ text: String) throws -> Moment { try parseMoment(text, timeZone: .current) }

private func parseDate(_ text: String, timeZone: TimeZone) -> Date? {
  // By itself Foundation's parser takes 25:00, 30 February, and anything behind the time.
  let pattern =
    /(\d{4}-\d{2}-\d{2})(?:T((?:[01]\d|2[0-3])(?::[0-5]\d){2}(?:\.\d+)?)(Z|[+-](?:[01]\d|2[0-3]):[0-5]\d)?)?/
  let days = Date.ISO8601FormatStyle().year().month().day()
  guard let parts = text.wholeMatch(of: pattern), let day = try? days.parse(String(parts.1)),
    days.format(day) == parts.1
  else { return nil }
  let time = parts.2 ?? "00:00:00"
  if let zone = parts.3 {
    let style = Date.ISO8601FormatStyle(includingFractionalSeconds: time.contains("."))
    return try? style.parse("\(parts.1)T\(time)\(zone)")
  }
  let style = Date.ISO8601FormatStyle(timeZone: timeZone).year().month().day()
    .time(includingFractionalSeconds: time.contains("."))
  return try? style.parse("\(parts.1)T\(time)")
}
