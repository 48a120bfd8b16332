import Foundation
import StreamIO

/// Which results are wanted.
struct WatchFilter: Sendable, Equatable {
  /// A feed's name; nil for all.
  var feed: String?
  /// A stream's name, which also stands for its channels `<stream>.0`, `<stream>.1`, … where they are separate, and for
  /// the streams below it, `<stream>/…`; nil for all.
  var stream: String?

  /// The prefixes to subscribe to. Streams of any feed can't be told by a prefix, so `matches` decides about those.
  var subscriptions: [String] {
    guard let feed else { return ["label/", "heartbeat/"] }
    guard let stream else { return ["label/\(feed)/", "heartbeat/"] }
    return ["label/\(feed)/\(stream)/", "label/\(feed)/\(stream).", "heartbeat/"]
  }

  func matches(_ result: WindowResult) -> Bool {
    if let feed, result.feed != feed { return false }
    guard let stream else { return true }
    return result.stream == stream || result.stream.hasPrefix("\(stream)/") || isChannel(result.stream, of: stream)
  }
}

extension WatchFilter {
  /// Whether `name` is `<stream>.<number>`.
  private func isChannel(_ name: String, of stream: String) -> Bool {
    guard name.hasPrefix("\(stream).") else { return false }
    let number = name.utf8.dropFirst(stream.utf8.count + 1)
    return !number.isEmpty && number.allSatisfy { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
  }
}

/// When watching ends by itself.
struct WatchLimits: Sendable, Equatable {
  enum End: Sendable, Equatable {
    /// As many results came as were asked for.
    case count
    /// The last result is long enough ago.
    case idle
    /// No result came in time.
    case nothingCame
  }

  /// End after this many results.
  var count: Int?
  /// End when no result has come for this long since the last one.
  var idle: Duration?
  /// End when none has come at all for this long since the start.
  var wait: Duration?

  /// Whether to end.
  /// - Parameters:
  ///   - results: how many have come.
  ///   - elapsed: the time since the last of them, or since the start.
  func end(results: Int, elapsed: Duration) -> End? {
    if let count, results >= count { return .count }
    if results > 0, let idle, elapsed >= idle { return .idle }
    if results == 0, let wait, elapsed >= wait { return .nothingCame }
    return nil
  }
}

/// Turns what a subscriber receives into lines, and keeps count.
struct WatchSession {
  enum Event: Equatable {
    /// A result that is wanted, as the line to show.
    case result(line: String)
    case heartbeat
    /// Not for us: another feed's, or no message of sigstreamd.
    case ignored
  }

  let filter: WatchFilter
  /// Shows results as the JSON that came instead of a readable line.
  let showsJSON: Bool
  private(set) var summary = WatchSummary()
  /// How the labels agree with the recording's; nil where no recording is at hand.
  private(set) var agreement: Agreement?
  private(set) var formatter: WatchFormatter
  private let truth: RecordingTruth?

  init(filter: WatchFilter, showsJSON: Bool = false, formatter: WatchFormatter, truth: RecordingTruth? = nil) {
    self.filter = filter
    self.showsJSON = showsJSON
    self.formatter = formatter
    self.truth = truth
    agreement = truth.map { Agreement(labels: $0.labels) }
  }

  /// Takes one message: its topic and its payload.
  mutating func take(topic: Data, payload: Data) -> Event {
    if topic == Heartbeat.topic, let heartbeat = try? JSONDecoder().decode(Heartbeat.self, from: payload) {
      summary.add(restricting(heartbeat))
      return .heartbeat
    }
    guard topic.starts(with: Data("label/".utf8)),
      let result = try? JSONDecoder().decode(WindowResult.self, from: payload)
    else {
      summary.addUnreadable()
      return .ignored
    }
    guard filter.matches(result) else { return .ignored }
    summary.add(result)
    var comparison: LabelComparison?
    if let truth {
      let label = truth.label(of: result)
      agreement?.add(truth: label, label: result.label)
      comparison = LabelComparison(truth: label, label: result.label)
    }
    return .result(
      line: showsJSON
        ? String(decoding: payload, as: UTF8.self).printable : formatter.line(result, comparison: comparison))
  }

  /// Takes note of a message that has not two frames.
  mutating func skip() { summary.addUnreadable() }

  /// What the session has seen, for people, without a line break at the end.
  var text: String {
    summary.text + (agreement.map { "\n\n" + $0.text } ?? "")
  }

  private func restricting(_ heartbeat: Heartbeat) -> Heartbeat {
    guard let feed = filter.feed else { return heartbeat }
    var own = heartbeat
    own.feeds = own.feeds.filter { $0.key == feed }
    return own
  }
}
