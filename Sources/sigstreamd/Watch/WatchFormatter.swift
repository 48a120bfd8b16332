import Foundation
import StreamIO

/// How the label that a window got stands to the one that its recording has for it.
struct LabelComparison: Sendable, Equatable {
  /// The recording's label; nil where it has none, or none that counts.
  var truth: String?
  /// Whether the result says the same; nil where one of the two says nothing.
  var isRight: Bool?

  init(truth: String?, label: String?) {
    self.truth = truth
    isRight = truth.flatMap { truth in label.map { $0 == truth } }
  }
}

/// Writes results as aligned lines for people.
///
/// Columns are as wide as what they have held so far needs, within bounds, so a line is never cut and later ones line up
/// with it.
struct WatchFormatter: Sendable {
  private let style: TerminalStyle
  /// Samples a second of the recording whose time is shown; nil shows the local time of day.
  private let recordingRateHz: Double?
  private let comparesLabels: Bool
  private let showsDate: Bool
  // One long name would make all later lines as long.
  private static let widest = 40
  private var streamWidth = 6
  private var labelWidth = 5

  /// - Parameters:
  ///   - comparesLabels: whether lines end with the recording's own label.
  ///   - showsDate: whether the time of day stands behind its date.
  init(
    style: TerminalStyle, recordingRateHz: Double? = nil, comparesLabels: Bool = false, showsDate: Bool = false
  ) {
    self.style = style
    self.recordingRateHz = recordingRateHz
    self.comparesLabels = comparesLabels
    self.showsDate = showsDate
  }

  /// The line that names the columns.
  func header() -> String {
    let columns = columns(
      time: "TIME", stream: "STREAM", label: "LABEL", confidence: "CONFIDENCE".padded(to: 17), anomaly: "ANOMALY",
      pValue: "P", status: "STATUS", age: "AGE")
    return style(.faint, (columns + (comparesLabels ? "  RECORDING" : "")).trimmingTrailingSpaces)
  }

  /// The line of one result; `comparison` is shown where lines have it.
  mutating func line(_ result: WindowResult, comparison: LabelComparison? = nil) -> String {
    let stream = "\(result.feed)/\(result.stream)".printable
    let label = (result.label ?? "-").printable
    streamWidth = max(streamWidth, min(stream.count, Self.widest))
    labelWidth = max(labelWidth, min(label.count, Self.widest))
    let isPlain = result.status == .classified
    let line = columns(
      time: time(result), stream: stream, label: label, confidence: Self.confidence(result.confidence),
      anomaly: Self.decimals(result.anomaly, 2), pValue: Self.decimals(result.pValue, 3),
      status: result.status.rawValue + (result.isLate ? ", late" : ""), age: Self.age(result.ageMicroseconds))
    let main = isPlain && !result.isLate ? line : style(.warning, line)
    return (main + (comparison.map { "  " + mark($0) } ?? "")).trimmingTrailingSpaces
  }

  private func columns(
    time: String, stream: String, label: String, confidence: String, anomaly: String, pValue: String, status: String,
    age: String
  ) -> String {
    [
      time.padded(to: recordingRateHz != nil ? 9 : showsDate ? 23 : 12, onLeft: true), stream.padded(to: streamWidth),
      label.padded(to: labelWidth), confidence, anomaly.padded(to: 7, onLeft: true), pValue.padded(to: 5, onLeft: true),
      status.padded(to: 16), age.padded(to: 8, onLeft: true),
    ].joined(separator: "  ")
  }

  private func mark(_ comparison: LabelComparison) -> String {
    guard let truth = comparison.truth?.printable else { return style(.faint, "-") }
    switch comparison.isRight {
    case true?: return style(.good, "\(truth) ✓")
    case false?: return style(.bad, "\(truth) ✗")
    case nil: return truth
    }
  }

  private func time(_ result: WindowResult) -> String {
    if let rate = recordingRateHz { return Self.clock(seconds: Double(result.endSample) / rate) }
    let time = Self.timeOfDay(microseconds: result.endMicroseconds)
    return showsDate ? "\(Self.date(microseconds: result.endMicroseconds)) \(time)" : time
  }

  /// `97.3% █████████▋` → ten cells of bar, each an eighth at a time.
  static func confidence(_ value: Float?) -> String {
    guard let value, value.isFinite else { return "-".padded(to: 17) }
    let share = min(1, max(0, Double(value)))
    let eighths = Int((share * 80).rounded())
    let parts = ["", "▏", "▎", "▍", "▌", "▋", "▊", "▉"]
    let bar = String(repeating: "█", count: eighths / 8) + parts[eighths % 8]
    return String(format: "%5.1f%% ", share * 100) + bar.padded(to: 10)
  }

  /// A time within a recording: `05:03.11`, `1:05:03.11`.
  static func clock(seconds: Double) -> String {
    guard seconds.isFinite, seconds >= 0, seconds < 1e9 else { return "?" }
    let hundredths = Int((seconds * 100).rounded())
    let (minutes, rest) = (hundredths / 6000).quotientAndRemainder(dividingBy: 60)
    let tail = String(format: "%02d:%02d.%02d", rest, hundredths / 100 % 60, hundredths % 100)
    return minutes > 0 ? "\(minutes):\(tail)" : tail
  }

  /// The local time of day, to the millisecond.
  static func timeOfDay(microseconds: Int64, timeZone: TimeZone = .current) -> String {
    guard microseconds >= 0, microseconds < 1 << 60 else { return "?" }
    let seconds = microseconds / 1_000_000
    let offset = timeZone.secondsFromGMT(for: Date(timeIntervalSince1970: Double(seconds)))
    let second = (Int(seconds % 86_400) + offset + 86_400) % 86_400
    return String(
      format: "%02d:%02d:%02d.%03d", second / 3600, second / 60 % 60, second % 60, Int(microseconds / 1000 % 1000))
  }

  /// The local date, as ISO 8601 has it.
  static func date(microseconds: Int64, timeZone: TimeZone = .current) -> String {
    guard microseconds >= 0, microseconds < 1 << 60 else { return "?" }
    let date = Date(timeIntervalSince1970: Double(microseconds / 1_000_000))
    return date.formatted(Date.ISO8601FormatStyle(timeZone: timeZone).year().month().day())
  }

  /// A time to three digits: `850 µs`, `12.3 ms`, `1.20 s`, `95 s`.
  static func age(_ microseconds: Int64) -> String {
    let value = Double(microseconds)
    switch abs(value) {
    case ..<999.5: return "\(microseconds) µs"
    case ..<999_500: return "\(threeDigits(value / 1e3)) ms"
    default: return "\(threeDigits(value / 1e6)) s"
    }
  }

  private static func threeDigits(_ value: Double) -> String {
    let decimals = abs(value) < 9.995 ? 2 : abs(value) < 99.95 ? 1 : 0
    return String(format: "%.\(decimals)f", value)
  }

  private static func decimals(_ value: Float?, _ count: Int) -> String {
    value.map { String(format: "%.\(count)f", Double($0)) } ?? "-"
  }
}
