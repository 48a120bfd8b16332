import Classifier
import Windowing

@testable import sigstreamd

/// The queue with workers in simulated time: no thread, no clock, no sleep. Times are in milliseconds, the lanes' own in
/// nanoseconds.
struct OverloadSimulation {
  /// A stream's windows come at even distances, from a time on and up to one.
  struct Source {
    var feed = 0
    var stream: String
    var intervalMilliseconds: Double
    var from = 0.0
    var until: Double
  }
  struct Published {
    var feed: Int
    var stream: String
    var sequence: Int
    var milliseconds: Double
    var age: Double
    var isLate: Bool
  }

  let policies: [OverloadPolicy]
  var maximumBatch = 8
  var capacity = 1 << 20
  var workers = 1
  /// Of a window in its batch.
  var windowMilliseconds = 10.0
  /// A batch takes up to this share longer or shorter.
  var jitter = 0.0

  private(set) var formed: [Int] = []
  private(set) var expired: [(feed: Int, milliseconds: Double)] = []
  private(set) var dropped: [PendingWindow] = []
  private(set) var published: [Published] = []
  private(set) var mostWaiting = 0

  init(_ policies: [OverloadPolicy]) {
    self.policies = policies
    formed = policies.map { _ in 0 }
  }

  /// Plays the sources, in steps of a millisecond, until nothing waits any more.
  mutating func run(_ sources: [Source]) {
    var lanes = BatchLanes(
      feeds: policies.map { LaneFeed(policy: $0) }, maximumBatch: maximumBatch, maximumDelayNanoseconds: 20_000_000,
      capacity: capacity)
    var sequences = sources.map { _ in 0 }
    var running: [(end: Double, batch: Batch)] = []
    var generator = SplitMix64(seed: 1)
    let end = sources.map(\.until).max() ?? 0
    var now = 0.0
    while now <= end || lanes.count > 0 || !running.isEmpty {
      while let index = running.firstIndex(where: { $0.end <= now }) {
        var batch = running.remove(at: index).batch
        for window in batch.windows { publish(window, now) }
        lanes.recycle(&batch, now: Self.nanoseconds(now))
      }
      for (index, source) in sources.enumerated() {
        while case let due = source.from + (Double(sequences[index]) + 0.5) * source.intervalMilliseconds, due <= now,
          due < source.until
        {
          append(source, sequences[index], now, &lanes)
          sequences[index] += 1
        }
      }
      mostWaiting = max(mostWaiting, lanes.count)
      var late: [Int] = []
      while running.count < workers,
        let batch = lanes.take(now: Self.nanoseconds(now), expired: { late.append($0.feed.place) })
      {
        let factor = 1 + Double.random(in: -1...1, using: &generator) * jitter
        running.append((now + Double(batch.windows.count) * windowMilliseconds * factor, batch))
      }
      expired += late.map { ($0, now) }
      now += 1
    }
  }

  private mutating func append(_ source: Source, _ sequence: Int, _ now: Double, _ lanes: inout BatchLanes) {
    var window = pendingWindow(sequence, feed: source.feed)
    window.stream = source.stream
    window.window.endMicroseconds = Int64(now * 1000)
    window.due = policies[source.feed].due(acquired: Self.nanoseconds(now), now: Self.nanoseconds(now))
    formed[source.feed] += 1
    if let back = lanes.append(window, samples: [0].span, now: Self.nanoseconds(now)) { dropped.append(back) }
  }

  /// What the publisher does.
  private mutating func publish(_ window: PendingWindow, _ now: Double) {
    let (isLate, feed) = (Self.nanoseconds(now) > window.due, window.feed.place)
    if isLate && policies[feed].whenLate == .expire {
      expired.append((feed, now))
    } else {
      published.append(
        Published(
          feed: feed, stream: window.stream, sequence: window.window.sequence, milliseconds: now,
          age: now - Double(window.window.endMicroseconds) / 1000, isLate: isLate))
    }
  }

  private static func nanoseconds(_ milliseconds: Double) -> Int64 { Int64(milliseconds * 1e6) }
}
