import Foundation

/// Times in a column of a table.
enum TextTime {
  /// The number that `text` is, or the seconds of a date or time of day; nil for anything else.
  static func seconds(_ text: String, decimal: UInt8) -> Double? {
    NumberText.value(text, decimal: decimal) ?? clock(text)
  }

  /// Seconds since 1970 of a date, or those of a time within one day ("13:45:33.123", "0:00.004"); nil for anything else.
  static func clock(_ text: String) -> Double? { date(text) ?? timeOfDay(text[...]) }

  private static func timeOfDay(_ text: Substring) -> Double? {
    let parts = text.split(separator: ":", omittingEmptySubsequences: false)
    // "10:05" may be hours and minutes, or minutes and seconds.
    guard parts.count == 3 || parts.count == 2 && parts[1].contains(where: { $0 == "." || $0 == "," }),
      let time: [Double] = numbers(text, separator: ":"), time[0] >= 0,
      parts.dropFirst().allSatisfy({ $0.prefix { $0.isNumber }.count == 2 }), time.dropFirst().allSatisfy({ $0 < 60 })
    else { return nil }
    let seconds = time.reduce(0) { $0 * 60 + $1 }
    return seconds < 86400 ? seconds : nil
  }

  /// Seconds since 1970 of a date and time as ISO 8601 has it ("2014-04-01 00:05:00.250", with "T" too, and an offset
  /// from UTC, which is taken off); nil for anything else.
  static func date(_ text: String) -> Double? {
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

  /// In seconds, by the names that headers give them: micro is the sign U+00B5 or the Greek letter U+03BC.
  private static let units: [String: Double] = {
    let names: [(Double, [String])] = [
      (3600, ["h", "hr", "hour", "hours"]), (60, ["min", "minute", "minutes"]),
      (1, ["s", "sec", "secs", "second", "seconds"]), (1e-3, ["ms", "msec", "millisecond", "milliseconds"]),
      (1e-6, ["us", "\u{B5}s", "\u{3BC}s", "usec", "\u{B5}sec", "\u{3BC}sec", "microsecond", "microseconds"]),
      (1e-9, ["ns", "nsec", "nanosecond", "nanoseconds"]),
    ]
    return Dictionary(uniqueKeysWithValues: names.flatMap { scale, names in names.map { ($0, scale) } })
  }()

  /// What a time column says: the rate, and when the recording began where it holds dates or seconds since 1970.
  /// Neither where its unit is unknown.
  ///
  /// - Parameters:
  ///   - seconds: the first rows' times; NaN where missing.
  ///   - units: of the column, such as "ms"; by the size of the times where not given.
  static func timing(_ seconds: [Double], units: String) -> (sampleRateHz: Double?, startMicroseconds: Int?) {
    let known = seconds.filter { $0.isFinite }
    guard let first = known.first, let last = known.last, last > first else { return (nil, nil) }
    guard let scale = units.isEmpty ? secondsPerUnit(of: first) : self.units[units.lowercased()] else {
      return (nil, nil)
    }
    // Before 1980 a number counts from the recording's own start.
    let start = first * scale
    let isDate = seconds.first == first && start > 315_532_800 && start < 1e11
    let intervals = zip(seconds, seconds.dropFirst()).map { ($1 - $0) * scale }.filter { !$0.isNaN }
    return (rate(intervals), isDate ? Int((start * 1e6).rounded()) : nil)
  }

  /// Samples a second by the time from each to the next, in seconds; nil where time goes back. One of more than five
  /// medians is a pause, and left out, if there are few: else rows come in bursts.
  private static func rate(_ intervals: [Double]) -> Double? {
    guard !intervals.isEmpty, intervals.allSatisfy({ $0 > 0 }) else { return nil }
    let longest = 5 * intervals.sorted()[intervals.count / 2]
    var regular = intervals.filter { $0 <= longest }
    if intervals.count - regular.count > max(2, intervals.count / 100) { regular = intervals }
    let rate = Double(regular.count) / regular.reduce(0, +)
    guard rate > 0, rate.isFinite else { return nil }
    // Times are written with few digits: a rate next to a whole number is that number.
    let isWhole = rate >= 1 && abs(rate - rate.rounded()) < 1e-4 * rate
    return isWhole ? rate.rounded() : rate
  }
}
