import StreamIO
import Windowing

/// What has become of one feed's messages and windows.
///
/// The law of conservation: every window that was formed is published, expired, dropped or in flight.
struct FeedCounts: Sendable, Equatable {
  /// Messages that were understood.
  var messages = 0
  /// Messages that carry no samples, as Open Ephys' events: passed over.
  var otherMessages = 0
  /// Samples in those that were understood, of all channels.
  var samples = 0
  /// Frames that the publisher numbered and that never came.
  var missingSamples = 0
  /// How often a stream began anew because its numbers did not advance.
  var restarts = 0
  /// Samples that were not finite.
  var maskedSamples = 0
  /// Messages that were refused, by reason.
  var badMessages: [String: Int] = [:]
  /// Windows cut.
  var formed = 0
  /// Windows whose result was sent, failed ones included.
  var published = 0
  /// Windows whose result was sent with the status `failed`.
  var failed = 0
  /// Of those published, windows past their deadline.
  var late = 0
  /// Windows past their deadline that were not published, and those left behind when the daemon stopped.
  var expired = 0
  /// Windows that had no room in the full queue.
  var dropped = 0
  /// Samples that were older than the feed's deadline when they arrived.
  var lateSamples = 0
  /// Samples that had come before, as they do after a dealer feed's connection was lost.
  var duplicateSamples = 0
  /// Results that were published and could not be written into the history.
  var historyLost = 0
  /// Connections made anew after one was lost.
  var reconnects = 0
  /// Peers that were not let in.
  var refusedConnections = 0
  /// How old the last samples of those published were.
  var ages = Histogram()
  /// Streams there are, those of them that are silent, and those forgotten since the start.
  var streams = 0
  var silentStreams = 0
  var forgottenStreams = 0

  /// Windows in the queue, with a worker, or on their way to the publisher.
  var inFlight: Int { formed - published - expired - dropped }

  /// `0`, or `40: header 37, length 3`: all that were refused, and how many for which reason.
  var badMessagesText: String {
    let reasons = badMessages.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }
    let total = "\(badMessages.values.reduce(0, +))"
    return reasons.isEmpty ? total : "\(total): \(reasons.joined(separator: ", "))"
  }

  /// The counts as the heartbeat has them.
  var heartbeat: Heartbeat.FeedCounts {
    Heartbeat.FeedCounts(
      formed: formed, published: published, expired: expired, dropped: dropped, inFlight: inFlight, failed: failed,
      missingSamples: missingSamples, maskedSamples: maskedSamples,
      badMessages: badMessages.values.reduce(0, +), refused: badMessages, late: late, lateSamples: lateSamples,
      reconnects: reconnects, refusedConnections: refusedConnections, streams: streams, silentStreams: silentStreams,
      forgottenStreams: forgottenStreams, duplicateSamples: duplicateSamples, historyLost: historyLost,
      otherMessages: otherMessages, restarts: restarts)
  }
}

/// One feed's counts, kept by several threads.
final class FeedCounters: Sendable {
  let feed: String
  // Not a Mutex of Synchronization: on Linux that is a futex of its own, in which ThreadSanitizer sees races.
  private let state = Monitor(State())

  private let log: LossLog?

  private struct State: Sendable {
    var counts = FeedCounts()
    var isSettled = false
  }

  /// - Parameter log: told of losses that have no other place in the log.
  init(feed: String, log: LossLog? = nil) {
    self.feed = feed
    self.log = log
  }

  var counts: FeedCounts { state.withLock { $0.counts } }

  func countMessage(samples: Int, masked: Int, missing: Int, restarts: Int = 0, late: Int = 0) {
    state.withLock {
      $0.counts.messages += 1
      $0.counts.lateSamples += late
      $0.counts.restarts += restarts
      $0.counts.samples += samples
      $0.counts.maskedSamples += masked
      // By the publisher's own numbering, so it may be any number.
      $0.counts.missingSamples = $0.counts.missingSamples.addingSaturated(missing)
    }
    log?.note("samples missing: lost on the way, by the publisher's numbering", feed: feed, count: missing)
    log?.note(
      "streams began anew: their numbers went back (`start` counts samples, and a name is one publisher's)", feed: feed,
      count: restarts)
    log?.note("samples not finite: masked", feed: feed, count: masked)
    log?.note("samples older than the deadline on arrival", feed: feed, count: late)
  }

  func countOther() { state.withLock { $0.counts.otherMessages += 1 } }

  func countDuplicates(_ samples: Int) {
    state.withLock { $0.counts.duplicateSamples += samples }
    log?.note("samples that had come before: passed over", feed: feed, count: samples)
  }

  func countHistoryLost() {
    state.withLock { $0.counts.historyLost += 1 }
    log?.note("results lost to the history: it can't be written, or not as fast", feed: feed, count: 1)
  }

  /// Adds connections made anew after a loss, and peers that were not let in.
  func countConnections(again: Int, refused: Int) {
    state.withLock {
      $0.counts.reconnects += again
      $0.counts.refusedConnections += refused
    }
    log?.note("connected anew after a loss", feed: feed, count: again)
    log?.note(Self.refusal, feed: feed, count: refused)
  }

  /// What the log says of peers that were not let in.
  static let refusal = "connections refused: wrong key, not allowed, silent, or no ZeroMQ"

  /// Takes over how many streams there are, and how many of them are silent; adds those forgotten.
  func setStreams(_ streams: Int, silent: Int, forgotten: Int = 0) {
    state.withLock {
      ($0.counts.streams, $0.counts.silentStreams) = (streams, silent)
      $0.counts.forgottenStreams += forgotten
    }
  }

  func countBadMessage(_ reason: String) {
    state.withLock { $0.counts.badMessages[reason, default: 0] += 1 }
  }

  func countFormed() { countWindow { $0.formed += 1 } }

  func countDropped() {
    countWindow { $0.dropped += 1 }
    log?.note("the workers can't keep up: windows dropped", feed: feed, count: 1)
  }

  func countExpired() {
    countWindow { $0.expired += 1 }
    log?.note("windows expired: past their deadline, or left at a stop", feed: feed, count: 1)
  }

  /// - Parameter age: of the window's last sample, in microseconds.
  func countPublished(failed: Bool, late: Bool = false, age: Int64 = 0) {
    if late { log?.note("windows published late", feed: feed, count: 1) }
    if failed { log?.note("windows published without a label: they could not be classified", feed: feed, count: 1) }
    countWindow {
      $0.published += 1
      $0.ages.add(Double(age) * 1e-6)
      $0.late += late ? 1 : 0
      $0.failed += failed ? 1 : 0
    }
  }

  /// Closes the account: what is still in flight will not be published any more, and has expired.
  func settle() {
    state.withLock {
      $0.counts.expired += $0.counts.inFlight
      $0.isSettled = true
    }
  }

  private func countWindow(_ change: (inout FeedCounts) -> Void) {
    state.withLock {
      if !$0.isSettled { change(&$0.counts) }
    }
  }
}
