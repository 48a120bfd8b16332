import Foundation

/// What `OverloadBench` saw, beside what was promised.
struct OverloadBenchResult: Encodable {
  struct Check: Encodable {
    let promise: String
    let seen: String
    let isKept: Bool
  }

  typealias Snapshot = (counts: FeedCounts, figures: BenchReceiver.Figures, seconds: Double)

  let setting: String
  let checks: [Check]

  var isKept: Bool { checks.allSatisfy(\.isKept) }

  init(
    _ bench: OverloadBench, capacity: Double, before: Snapshot, after: Snapshot, memoryBytes: (before: Int, after: Int),
    recovered: FeedCounts, end: Snapshot, sent: Int, isSettled: Bool
  ) {
    let deadline = Quantity.text(bench.deadline)
    setting =
      "\(bench.streams) streams, batch \(bench.batch), workers \(bench.workers), deadline \(deadline); capacity "
      + "\(decimals(capacity, 1)) windows/s, offered \(decimals(bench.load * capacity, 1)) for "
      + "\(decimals(bench.seconds, 0)) s"
    checks = [
      Self.age(bench, after), Self.fairness(before, after), Self.goodput(capacity, before, after),
      Check(
        promise: "memory flat: grows by less than \(OverloadBench.memoryGrowthBytes >> 20) MiB",
        seen: "from \(decimals(Double(memoryBytes.before) / 0x1p20, 1)) MiB to "
          + "\(decimals(Double(memoryBytes.after) / 0x1p20, 1)); \(after.counts.inFlight) windows in flight",
        isKept: memoryBytes.before > 0 && memoryBytes.after - memoryBytes.before < OverloadBench.memoryGrowthBytes),
      Self.recovery(bench, recovered, end), Self.conservation(end, sent: sent, isSettled: isSettled),
    ]
  }

  private static func age(_ bench: OverloadBench, _ after: Snapshot) -> Check {
    let p99 = after.figures.ages.quantile(0.99) ?? .max
    return Check(
      promise: "p99 age of what is published within \(Quantity.text(bench.deadline))",
      seen: "\(decimals(Double(p99) / 1000, 1)) ms on receipt, largest "
        + "\(decimals(Double(after.figures.ages.maximum) / 1000, 1)) ms",
      isKept: p99 <= bench.deadline.inMicroseconds)
  }

  private static func fairness(_ before: Snapshot, _ after: Snapshot) -> Check {
    let shares = zip(before.figures.receivedByStream, after.figures.receivedByStream).map { Double($1 - $0) }
    let index = jainIndex(shares)
    return Check(
      promise: "Jain's fairness index over the streams at least 0.95",
      seen: "\(decimals(index, 4)); \(Int(shares.min() ?? 0)) to \(Int(shares.max() ?? 0)) results a stream",
      isKept: index >= 0.95)
  }

  private static func goodput(_ capacity: Double, _ before: Snapshot, _ after: Snapshot) -> Check {
    let rate = Double(after.counts.published - before.counts.published) / (after.seconds - before.seconds)
    return Check(
      promise: "at least 80 % of the capacity is published", seen: "\(decimals(100 * rate / capacity, 1)) %",
      isKept: rate >= 0.8 * capacity)
  }

  private static func recovery(_ bench: OverloadBench, _ recovered: FeedCounts, _ end: Snapshot) -> Check {
    let lost = end.counts.expired + end.counts.dropped - recovered.expired - recovered.dropped
    let p99 = Double(end.figures.ages.quantile(0.99) ?? 0) / 1000
    return Check(
      promise: "as usual within two deadlines of the load's end: nothing more is lost at half of the capacity",
      seen: "\(lost) windows lost after that, p99 age \(decimals(p99, 1)) ms", isKept: lost == 0)
  }

  private static func conservation(_ end: Snapshot, sent: Int, isSettled: Bool) -> Check {
    let (counts, received) = (end.counts, end.figures.received)
    return Check(
      promise: "windows sent = formed = published + expired + dropped + in flight; received = published",
      seen: "\(sent) = \(counts.formed) = \(counts.published) + \(counts.expired) + \(counts.dropped) + "
        + "\(counts.inFlight); \(received) = \(counts.published)",
      isKept: isSettled && sent == counts.formed && counts.inFlight == 0 && received == counts.published)
  }

  /// The result in lines.
  var text: String {
    ([setting] + checks.map { "\($0.isKept ? "kept  " : "BROKEN") \($0.promise)\n       \($0.seen)" })
      .joined(separator: "\n")
  }
}

/// (Σx)² / (n·Σx²): 1 when all have the same, 1/n when one has all (Jain, Chiu and Hawe 1984). 0 for nothing.
func jainIndex(_ shares: [Double]) -> Double {
  let (sum, squares) = shares.reduce((0, 0)) { ($0.0 + $1, $0.1 + $1 * $1) }
  return squares > 0 ? sum * sum / (Double(shares.count) * squares) : 0
}

private func decimals(_ value: Double, _ places: Int) -> String { String(format: "%.\(places)f", value) }
