import Classifier
import Foundation
import StreamIO

/// The figures of a watch session for programs: the file that `watch --summary` writes.
struct WatchReport: Encodable {
  struct Ages: Encodable {
    let p50: Int64
    let p99: Int64
    let largest: Int64
  }

  struct Baseline: Encodable {
    /// The label that is said always.
    let label: String
    let figures: Evaluation
  }

  struct Comparison: Encodable {
    let windows: Int
    let uncompared: Int
    let daemon: Evaluation
    let baseline: Baseline
  }

  let results: Int
  let missing: Int
  let unreadable: Int
  let labels: [String: Int]
  let statuses: [String: Int]
  /// In microseconds; absent where no result came.
  let ageMicroseconds: Ages?
  /// The counters of the daemon's last heartbeat.
  let feeds: [String: Heartbeat.FeedCounts]
  /// Absent where nothing was compared.
  let agreement: Comparison?

  init(_ session: WatchSession) {
    let summary = session.summary
    results = summary.results
    missing = summary.missing
    unreadable = summary.unreadable
    labels = summary.labels
    statuses = Dictionary(uniqueKeysWithValues: summary.statuses.map { ($0.key.rawValue, $0.value) })
    if let p50 = summary.ages.quantile(0.5), let p99 = summary.ages.quantile(0.99) {
      ageMicroseconds = Ages(p50: p50, p99: p99, largest: summary.ages.maximum)
    } else {
      ageMicroseconds = nil
    }
    feeds = summary.feeds
    agreement = session.agreement.flatMap { agreement in
      agreement.baseline.map { baseline in
        Comparison(
          windows: agreement.count, uncompared: agreement.uncompared, daemon: agreement.evaluation,
          baseline: Baseline(label: baseline.label, figures: baseline.evaluation))
      }
    }
  }

  /// Writes the report as JSON, keys sorted and in snake case, to `path`, whole or not at all.
  func write(path: String) throws {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
    encoder.keyEncodingStrategy = .convertToSnakeCase
    try (encoder.encode(self) + Data("\n".utf8)).write(to: URL(filePath: path), options: .atomic)
  }
}
