import Foundation

/// Dates and times of day that files give, as microseconds since 1970.
enum ClockTime {
  /// - Parameter seconds: since midnight, 0 to 86400.
  /// - Returns: nil where there is no such day or time.
  static func microseconds(year: Int, month: Int, day: Int, seconds: Double) -> Int? {
    guard (1...9999).contains(year), (1...12).contains(month), (1...31).contains(day), seconds >= 0, seconds <= 86400
    else { return nil }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    guard let midnight = calendar.date(from: DateComponents(year: year, month: month, day: day)) else { return nil }
    return Int(midnight.timeIntervalSince1970) * 1_000_000 + Int((seconds * 1e6).rounded())
  }
}
