import Foundation

/// Times in a column of a table.
enum TextTime {
  /// Seconds since 1970 of a date and time as ISO 8601 has it ("2014-04-01 00:05:00.250", with "T" and a "Z" too), or the
  /// number that `text` is; nil for anything else.
  static func seconds(_ text: String, decimal: UInt8) -> Double? {
    NumberText.value(text, decimal: decimal) ?? date(text)
  }

  private static func date(_ text: String) -> Double? {
    let halves = text.split(maxSplits: 1) { $0 == " " || $0 == "T" }
    guard let day = halves.first else { return nil }
    let date = day.split(separator: "-", omittingEmptySubsequences: false).compactMap { Int($0) }
    let clock = halves.count > 1 ? halves[1].drop { $0 == " " }.prefix { $0 != "Z" && $0 != "+" } : "0:0:0"
    let time = clock.split(separator: ":").compactMap { Double($0) }
    guard date.count == 3, (2...3).contains(time.count) else { return nil }
    let seconds = time[0] * 3600 + time[1] * 60 + (time.count > 2 ? time[2] : 0)
    return ClockTime.microseconds(year: date[0], month: date[1], day: date[2], seconds: seconds).map {
      Double($0) / 1e6
    }
  }

  /// What a time column says: the rate, and when the recording began where it holds dates or seconds since 1970.
  ///
  /// - Parameters:
  ///   - seconds: the first rows' times.
  ///   - units: of the column, such as "ms"; seconds where not given.
  static func timing(_ seconds: [Double], units: String) -> (sampleRateHz: Double?, startMicroseconds: Int?) {
    let scales: [String: Double] = ["ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9]
    let scale = scales[units.lowercased()] ?? 1
    guard let first = seconds.first, let last = seconds.last, first.isFinite, last.isFinite, last > first
    else { return (nil, nil) }
    // Before 1980 a number counts from the recording's own start.
    let start = first * scale
    let startMicroseconds = start > 315_532_800 && start < 1e11 ? Int((start * 1e6).rounded()) : nil
    guard zip(seconds, seconds.dropFirst()).allSatisfy({ $0 < $1 }) else { return (nil, startMicroseconds) }
    let rate = Double(seconds.count - 1) / ((last - first) * scale)
    guard rate > 0, rate.isFinite else { return (nil, startMicroseconds) }
    // Times are written with few digits: a rate next to a whole number is that number.
    let isWhole = rate >= 1 && abs(rate - rate.rounded()) < 1e-4 * rate
    return (isWhole ? rate.rounded() : rate, startMicroseconds)
  }
}
