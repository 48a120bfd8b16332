import Foundation
import StreamIO
import Testing

@testable import sigstreamd

struct WatchSessionTests {
  private static let counts = Heartbeat.FeedCounts(
    formed: 12, published: 8, expired: 1, dropped: 2, inFlight: 1, failed: 0, missingSamples: 64, maskedSamples: 0,
    badMessages: 3)

  private static func session(
    _ filter: WatchFilter = WatchFilter(), json: Bool = false, truth: RecordingTruth? = nil
  ) -> WatchSession {
    WatchSession(
      filter: filter, showsJSON: json,
      formatter: WatchFormatter(style: TerminalStyle(isColoured: false), recordingRateHz: 360), truth: truth)
  }

  private func take(_ result: WindowResult, in session: inout WatchSession) -> WatchSession.Event {
    session.take(topic: result.topic, payload: result.encode())
  }

  @Test func resultsAreShownAndCounted() {
    var session = Self.session()
    guard case .result(let line) = take(.sample(0), in: &session) else {
      Issue.record("a result should be shown")
      return
    }
    #expect(line.contains("ecg/119  N"))
    #expect(session.summary.results == 1)
  }

  @Test func jsonIsShownAsItCame() {
    var session = Self.session(json: true)
    let result = WindowResult.sample(3)
    #expect(take(result, in: &session) == .result(line: String(decoding: result.encode(), as: UTF8.self)))
  }

  @Test func otherFeedsAndStreamsAreLeftOut() {
    let filter = WatchFilter(feed: "ecg", stream: "bed-1")
    #expect(filter.subscriptions == ["label/ecg/bed-1/", "label/ecg/bed-1.", "heartbeat/"])
    #expect(WatchFilter(feed: "ecg").subscriptions == ["label/ecg/", "heartbeat/"])
    #expect(WatchFilter(stream: "bed-1").subscriptions == ["label/", "heartbeat/"])
    var session = Self.session(filter)
    #expect(take(.sample(0, stream: "bed-10"), in: &session) == .ignored)
    #expect(take(.sample(0, feed: "imu", stream: "bed-1"), in: &session) == .ignored)
    #expect(take(.sample(0, stream: "bed-1"), in: &session) != .ignored)
    #expect(take(.sample(0, stream: "bed-1/2"), in: &session) != .ignored)
    #expect(take(.sample(0, stream: "bed-1.11"), in: &session) != .ignored)
    #expect(take(.sample(0, stream: "bed-1.x"), in: &session) == .ignored)
    #expect(take(.sample(0, stream: "bed-1."), in: &session) == .ignored)
    #expect(session.summary.results == 3)
    #expect(session.summary.unreadable == 0)
  }

  @Test(arguments: [("label/a/b/", "{}"), ("label/a/b/", ""), ("heartbeat/", "[]"), ("other", "{\"sig\":1}"), ("", "")])
  func whatIsNoResultIsCountedAndSkipped(topic: String, payload: String) {
    var session = Self.session()
    #expect(session.take(topic: Data(topic.utf8), payload: Data(payload.utf8)) == .ignored)
    #expect(session.summary.unreadable == 1)
  }

  /// Another version's heartbeat lacks counters, or has more of them.
  @Test func aHeartbeatOfAnotherVersionIsRead() {
    var session = Self.session()
    let payload = #"{"sig":1,"t_us":7,"streams":{},"feeds":{"ecg":{"formed":12,"more":1}},"more":1}"#
    #expect(session.take(topic: Heartbeat.topic, payload: Data(payload.utf8)) == .heartbeat)
    #expect(session.summary.feeds["ecg"]?.formed == 12 && session.summary.feeds["ecg"]?.published == 0)
    session.skip()
    #expect(session.summary.unreadable == 1)
  }

  @Test func summaryCountsLossesAndAges() {
    var session = Self.session()
    for sequence in [0, 1, 4] { _ = take(.sample(sequence, age: Int64(sequence) * 1000), in: &session) }
    _ = take(.sample(5, label: "V", age: 9000), in: &session)
    let heartbeat = Heartbeat(microseconds: 0, streams: ["ecg/119": 6], feeds: ["ecg": Self.counts])
    #expect(session.take(topic: Heartbeat.topic, payload: heartbeat.encode()) == .heartbeat)
    #expect(session.summary.missing == 3)
    #expect(
      session.text == """
        results   4 in 1 stream
        labels    N 3 (75.0 %), V 1 (25.0 %)
        status    classified 4 (100.0 %)
        missing   3 (jumps in seq: dropped or expired by the daemon, or lost on the way)
        age       p50 993 µs, p99 8.95 ms, largest 9.00 ms

        the daemon's last heartbeat, in windows:
        FEED  FORMED  PUBLISHED  EXPIRED  DROPPED  IN FLIGHT  FAILED  MISSING SAMPLES  BAD MESSAGES
        ecg       12          8        1        2          1       0               64             3
        """)
  }

  @Test func emptySummaryHasNoFigures() {
    #expect(
      Self.session().text == """
        results   0 in 0 streams
        missing   0 (jumps in seq: dropped or expired by the daemon, or lost on the way)
        """)
  }

  @Test func resultsAreComparedWithTheRecording() {
    let truth = RecordingTruth(labels: ["N", "V"], frameCount: 1 << 20) { window in
      window.lowerBound == 512 ? nil : window.lowerBound < 1024 ? "N" : "V"
    }
    var session = Self.session(truth: truth)
    for sequence in 0..<8 { _ = take(.sample(sequence, label: sequence < 5 ? "N" : "V"), in: &session) }
    #expect(session.agreement?.count == 7)
    #expect(session.agreement?.uncompared == 1)
    #expect(
      session.agreement?.text == """
        agreement with the recording's labels over 7 windows (1 more have no label on one side):
                         ACCURACY  MACRO-F1
        the daemon         85.7 %     0.857
        always saying V    57.1 %     0.364

        confusion (a row: the recording says; a column: the daemon says):
           N  V  PRECISION  RECALL     F1
        N  3  0      0.750   1.000  0.857
        V  1  3      1.000   0.750  0.857
        """)
  }

  @Test func agreementWithoutWindowsSaysSo() {
    var agreement = Agreement(labels: ["N"])
    agreement.add(truth: nil, label: "N")
    #expect(agreement.text == "agreement: no window has both a result and a label in the recording")
  }

  @Test func reportIsJSONWithTheSameFigures() throws {
    let truth = RecordingTruth(labels: ["N", "V"], frameCount: 1 << 20) { _ in "N" }
    var session = Self.session(truth: truth)
    for sequence in [0, 2] { _ = take(.sample(sequence), in: &session) }
    let path = FileManager.default.temporaryDirectory.appending(path: "report-\(UUID().uuidString).json").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try WatchReport(session).write(path: path)
    let object = try JSONSerialization.jsonObject(with: Data(contentsOf: URL(filePath: path)))
    let report = try #require(object as? [String: Any])
    #expect(report["results"] as? Int == 2)
    #expect(report["missing"] as? Int == 1)
    let agreement = try #require(report["agreement"] as? [String: Any])
    let daemon = try #require(agreement["daemon"] as? [String: Any])
    #expect(daemon["accuracy"] as? Double == 1)
    let ages = try #require(report["age_microseconds"] as? [String: Int])
    #expect(Set(ages.keys) == ["p50", "p99", "largest"])
  }

  @Test func limitsEndAWatch() {
    let limits = WatchLimits(count: 10, idle: .seconds(3), wait: .seconds(5))
    #expect(limits.end(results: 0, elapsed: .seconds(4)) == nil)
    #expect(limits.end(results: 0, elapsed: .seconds(5)) == .nothingCame)
    #expect(limits.end(results: 1, elapsed: .seconds(2)) == nil)
    #expect(limits.end(results: 1, elapsed: .seconds(3)) == .idle)
    #expect(limits.end(results: 10, elapsed: .zero) == .count)
    #expect(WatchLimits().end(results: 0, elapsed: .seconds(1e6)) == nil)
  }
}
