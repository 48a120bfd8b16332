import Foundation
import StreamIO
import Testing

@testable import sigstreamd

extension WindowResult {
  /// A result of window `sequence`, 256 samples on from the one before.
  static func sample(
    _ sequence: Int, label: String? = "N", feed: String = "ecg", stream: String = "119", age: Int64 = 12_345,
    status: Status = .classified
  ) -> WindowResult {
    WindowResult(
      feed: feed, stream: stream, sequence: sequence, epoch: 0, startSample: sequence * 256,
      endSample: sequence * 256 + 1024, startMicroseconds: 0, endMicroseconds: 1_000_000,
      publishedMicroseconds: 1_000_000 + age, ageMicroseconds: age, status: status, label: label,
      confidence: label == nil ? nil : 0.973, probabilities: nil, anomaly: label == nil ? nil : 0.118,
      pValue: label == nil ? nil : 0.43, model: "0123456789abcdef")
  }
}

struct WatchFormatterTests {
  private let plain = TerminalStyle(isColoured: false)

  @Test func linesLineUpUnderTheirTitles() {
    var formatter = WatchFormatter(style: plain, recordingRateHz: 360, comparesLabels: true)
    _ = formatter.line(.sample(0))
    let lines = [
      formatter.header(),
      formatter.line(.sample(0), comparison: LabelComparison(truth: "N", label: "N")),
      formatter.line(.sample(400, label: "V"), comparison: LabelComparison(truth: "N", label: "V")),
      formatter.line(.sample(401), comparison: LabelComparison(truth: nil, label: "N")),
      formatter.line(.sample(402, label: nil, status: .failed), comparison: LabelComparison(truth: "V", label: nil)),
    ]
    #expect(
      lines.joined(separator: "\n") == """
             TIME  STREAM   LABEL  CONFIDENCE         ANOMALY      P  STATUS                 AGE  RECORDING
         00:02.84  ecg/119  N       97.3% █████████▊     0.12  0.430  classified         12.3 ms  N ✓
         04:47.29  ecg/119  V       97.3% █████████▊     0.12  0.430  classified         12.3 ms  N ✗
         04:48.00  ecg/119  N       97.3% █████████▊     0.12  0.430  classified         12.3 ms  -
         04:48.71  ecg/119  -      -                        -      -  failed             12.3 ms  V
        """)
  }

  @Test func longNamesWidenTheirColumnFromThenOn() {
    var formatter = WatchFormatter(style: plain, recordingRateHz: 360)
    let before = formatter.line(.sample(0))
    let wide = formatter.line(.sample(0, stream: "a-stream-of-a-long-name"))
    let after = formatter.line(.sample(0))
    #expect(before.count < wide.count)
    #expect(after.count == wide.count)
    #expect(wide.contains("ecg/a-stream-of-a-long-name  N "))
  }

  @Test func anEndlessNameMakesItsOwnLineLongAlone() {
    var formatter = WatchFormatter(style: plain, recordingRateHz: 360)
    let long = formatter.line(.sample(0, label: String(repeating: "x", count: 100_000)))
    #expect(long.count > 100_000 && formatter.line(.sample(0)).count < 200)
  }

  @Test func namesFromOutsideCannotMoveTheCursor() {
    var formatter = WatchFormatter(style: plain, recordingRateHz: 360)
    let line = formatter.line(.sample(0, label: "N\u{1B}[2J\nx"))
    #expect(!line.contains("\u{1B}"))
    for turn in ["\u{202E}", "\u{2066}", "\u{200F}"] {
      #expect(!formatter.line(.sample(0, label: "N\(turn)")).contains(turn))
    }
    #expect(!line.contains("\n"))
  }

  @Test func coloursMarkWhatNeedsAttention() {
    var formatter = WatchFormatter(style: TerminalStyle(isColoured: true), recordingRateHz: 360, comparesLabels: true)
    #expect(formatter.line(.sample(0), comparison: LabelComparison(truth: "N", label: "N")).contains("\u{1B}[32mN ✓"))
    #expect(formatter.line(.sample(0), comparison: LabelComparison(truth: "V", label: "N")).contains("\u{1B}[31mV ✗"))
    #expect(formatter.line(.sample(0, status: .outlier)).hasPrefix("\u{1B}[33m"))
  }

  @Test(
    arguments: [
      (0, "0 µs"), (850, "850 µs"), (999, "999 µs"), (1000, "1.00 ms"), (12_345, "12.3 ms"), (123_456, "123 ms"),
      (999_499, "999 ms"), (999_500, "1.00 s"), (1_204_000, "1.20 s"), (95_000_000, "95.0 s"), (-5, "-5 µs"),
    ] as [(Int64, String)])
  func ageHasThreeDigits(microseconds: Int64, text: String) {
    #expect(WatchFormatter.age(microseconds) == text)
  }

  @Test(arguments: [(0, "00:00.00"), (59.999, "01:00.00"), (303.11, "05:03.11"), (3903.11, "1:05:03.11"), (-1, "?")])
  func clockCountsMinutesAndHours(seconds: Double, text: String) {
    #expect(WatchFormatter.clock(seconds: seconds) == text)
  }

  @Test(
    arguments: [
      (0, "  0.0%           "), (1, "100.0% ██████████"), (0.5, " 50.0% █████     "), (0.013, "  1.3% ▏         "),
      (2, "100.0% ██████████"),
    ] as [(Float, String)])
  func confidenceIsANumberAndABar(value: Float, text: String) {
    #expect(WatchFormatter.confidence(value) == text)
  }

  @Test func timeOfDayIsLocal() throws {
    let zone = try #require(TimeZone(secondsFromGMT: -3600))
    #expect(WatchFormatter.timeOfDay(microseconds: 1_234_000, timeZone: zone) == "23:00:01.234")
    #expect(WatchFormatter.timeOfDay(microseconds: .min, timeZone: zone) == "?")
    #expect(WatchFormatter.timeOfDay(microseconds: .max, timeZone: zone) == "?")
  }
}
