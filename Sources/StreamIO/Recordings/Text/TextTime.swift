import Foundation

/// Times in a column of a table.
enum TextTime {
  /// Seconds since 1970 of a date and time as ISO 8601 has it ("2014-04-01 00:05:00.250", with "T" too, and an offset
  /// from UTC, which is taken off), or the number that `text` is; nil for anything else.
  static func seconds(_ text: String, decimal: UInt8) -> Double? {
    NumberText.value(text, decimal: decimal) ?? date(text)
  }

  private static func date(_ text: String) -> Double? {
    let halves = text.split(maxSplits: 1) { $0 == " " || $0 == "T" }
    guard let day = halves.first, let date: [Int] = numbers(day, separator: "-"), date.count == 3 else { return nil }
    let clock = halves.count > 1 ? halves[1].drop { $0 == " " } : "0:0:0"
    let digits = clock.prefix { !" Z+-".contains($0) }
    let zone = clock[digits.endIndex...].drop { $0 == " " }
    guard let time: [Double] = numbers(digits, separator: ":"), (2...3).contains(time.count),
      let offset = offsetSeconds(zone)
    else { return nil }
    let seconds = time[0] * 3600 + time[1] * 60 + (time.count > 2 ? time[2] : 0)
    return ClockTime.microseconds(year: date[0], month: date[1], day: date[2], seconds: seconds).map {
      Double($0) / 1e6 - offset
    }
  }

  /// What stands between the separators; nil where some of it is no number. As in ISO 8601, a comma may come before
  /// decimals.
  private static func numbers<Number: LosslessStringConvertible>(
    _ text: Substring, separator: Character
  ) -> [Number]? {
    let parts = text.split(separator: separator, omittingEmptySubsequences: false)
    let numbers = parts.compactMap { Number(String($0).replacing(",", with: ".")) }
    return numbers.count == parts.count ? numbers : nil
  }

  /// Seconds by which a clock is ahead of UTC: "+02:00", "+0200", "+02", or "Z" or nothing; nil for other text.
  private static func offsetSeconds(_ text: Substring) -> Double? {
    guard let sign = text.first, text != "Z", text != "UTC" else { return 0 }
    let digits = text.dropFirst().filter { $0 != ":" }
    guard sign == "+" || sign == "-", digits.count == 2 || digits.count == 4, digits.allSatisfy(\.isNumber),
      let number = Int(digits)
    else { return nil }
    let minutes = digits.count == 2 ? number * 60 : number / 100 * 60 + number % 100
    return Double(sign == "-" ? -minutes : minutes) * 60
  }

  /// The unit, in seconds, of a count of time that comes without one. 1e11 seconds are the year 5138: such a count is one
  /// of milli-, micro- or nanoseconds since 1970.
  static func secondsPerUnit(of count: Double) -> Double {
    switch count {
    case 1e17...: 1e-9
    case 1e14...: 1e-6
    case 1e11...: 1e-3
    default: 1
    }
  }

  /// What a time column says: the rate, and when the recording began where it holds dates or seconds since 1970.
  ///
  /// - Parameters:
  ///   - seconds: the first rows' times.
  ///   - units: of the column, such as "ms"; by the size of the times where not given.
  static func timing(_ seconds: [Double], units: String) -> (sampleRateHz: Double?, startMicroseconds: Int?) {
    let scales: [String: Double] = ["s": 1, "ms": 1e-3, "us": 1e-6, "µs": 1e-6, "ns": 1e-9]
    guard let first = seconds.first, let last = seconds.last, first.isFinite, last.isFinite, last > first
    else { return (nil, nil) }
    let scale = scales[units.lowercased()] ?? secondsPerUnit(of: first)
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
