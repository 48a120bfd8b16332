import Foundation
import StreamIO
import Windowing

/// What a subscriber has seen: counts, losses and ages, and the daemon's own counters as its heartbeat last told them.
struct WatchSummary: Sendable {
  private(set) var results = 0
  /// Messages that were no result and no heartbeat.
  private(set) var unreadable = 0
  private(set) var labels: [String: Int] = [:]
  private(set) var statuses: [WindowResult.Status: Int] = [:]
  private(set) var ages = LatencyHistogram()
  /// The last heartbeat of each feed, merged: several daemons may be watched.
  private(set) var feeds: [String: Heartbeat.FeedCounts] = [:]
  private var sequences = SequenceTracker()
  private var lastSent: [String: Int] = [:]

  mutating func add(_ result: WindowResult) {
    results += 1
    labels[result.label ?? "-", default: 0] += 1
    statuses[result.status, default: 0] += 1
    ages.add(result.ageMicroseconds)
    sequences.add(stream: "\(result.feed)/\(result.stream)", sequence: result.sequence)
  }

  mutating func add(_ heartbeat: Heartbeat) {
    feeds.merge(heartbeat.feeds) { $1 }
    lastSent.merge(heartbeat.streams) { $1 }
  }

  mutating func addUnreadable() { unreadable += 1 }

  /// Results that should have come, by the jumps in the sequence numbers and the last heartbeat.
  var missing: Int {
    sequences.missing.addingSaturated(sequences.missingTail(lastSent: lastSent))
  }

  /// The summary in lines, without a line break at the end.
  var text: String {
    var lines = ["results   \(results) in \(sequences.streamCount) stream\(sequences.streamCount == 1 ? "" : "s")"]
    if results > 0 {
      lines.append("labels    \(shares(labels.map { ($0.key.printable, $0.value) }))")
      lines.append("status    \(shares(statuses.map { ($0.key.rawValue, $0.value) }))")
    }
    lines.append("missing   \(missing) (jumps in seq: dropped or expired by the daemon, or lost on the way)")
    if sequences.restarts > 0 { lines.append("restarts  \(sequences.restarts) (seq went back)") }
    if unreadable > 0 { lines.append("ignored   \(unreadable) (neither results nor heartbeats)") }
    if let median = ages.quantile(0.5), let tail = ages.quantile(0.99) {
      let largest = WatchFormatter.age(ages.maximum)
      lines.append("age       p50 \(WatchFormatter.age(median)), p99 \(WatchFormatter.age(tail)), largest \(largest)")
    }
    if !feeds.isEmpty { lines.append("\nthe daemon's last heartbeat, in windows:\n\(feedTable)") }
    return lines.joined(separator: "\n")
  }

  /// `N 90 (90.0 %), V 10 (10.0 %)`, the most frequent first.
  private func shares(_ counts: [(name: String, count: Int)]) -> String {
    counts.sorted { ($1.count, $0.name) < ($0.count, $1.name) }.map {
      "\($0.name) \($0.count) (\(String(format: "%.1f", 100 * Double($0.count) / Double(results))) %)"
    }.joined(separator: ", ")
  }

  private var feedTable: String {
    var table = TextTable([
      .left("FEED"), .right("FORMED"), .right("PUBLISHED"), .right("EXPIRED"), .right("DROPPED"), .right("IN FLIGHT"),
      .right("FAILED"), .right("MISSING SAMPLES"), .right("BAD MESSAGES"),
    ])
    for (feed, counts) in feeds.sorted(by: { $0.key < $1.key }) {
      table.add(
        [feed.printable]
          + [
            counts.formed, counts.published, counts.expired, counts.dropped, counts.inFlight, counts.failed,
            counts.missingSamples, counts.badMessages,
          ].map(String.init))
    }
    return table.text
  }
}
