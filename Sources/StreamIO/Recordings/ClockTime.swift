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

  struct Fields {
    var year = 1985
    var month = 1
    var day = 1
    var hour = 0
    var minute = 0
    var second = 0
    var microsecond = 0
  }

  /// The date and time of day; nil beyond the years 1 to 9999.
  static func fields(_ microseconds: Int) -> Fields? {
    let (seconds, rest) = (microseconds >= 0 ? microseconds : microseconds - 999_999).quotientAndRemainder(
      dividingBy: 1_000_000)
    guard abs(seconds) < 1 << 40 else { return nil }
    var calendar = Calendar(identifier: .gregorian)
    calendar.timeZone = .gmt
    let parts = calendar.dateComponents(
      [.year, .month, .day, .hour, .minute, .second], from: Date(timeIntervalSince1970: Double(seconds)))
    guard let year = parts.year, (1...9999).contains(year), let month = parts.month, let day = parts.day,
      let hour = parts.hour, let minute = parts.minute, let second = parts.second
    else { return nil }
    return Fields(
      year: year, month: month, day: day, hour: hour, minute: minute, second: second,
      microsecond: microseconds >= 0 ? rest : microseconds - seconds * 1_000_000)
  }
}
