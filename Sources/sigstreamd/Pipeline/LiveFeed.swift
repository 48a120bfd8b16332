import Windowing

/// A feed as the live path knows it, from its start to its end; it goes along with each of the feed's windows.
final class LiveFeed: Sendable {
  let configuration: FeedConfiguration
  /// Where its windows wait in the queue: a number of its own among the feeds that run.
  let place: Int
  /// They go on when the feed is started anew.
  let counters: FeedCounters
  /// Of a feed whose sender keeps what was not acknowledged.
  let acknowledgements: Acknowledgements?
  /// Above every epoch of its streams so far, once it has ended: no pair of epoch and number comes twice while the daemon
  /// runs.
  let nextEpoch: Monitor<Int>

  var name: String { configuration.name }
  var policy: OverloadPolicy { configuration.overload }

  /// - Parameter nextEpoch: of the feed's streams, above those that they had when it ran before.
  init(_ configuration: FeedConfiguration, place: Int, counters: FeedCounters, nextEpoch: Int = 0) {
    self.configuration = configuration
    self.place = place
    self.counters = counters
    acknowledgements = configuration.socket == .dealer ? Acknowledgements() : nil
    self.nextEpoch = Monitor(nextEpoch)
  }

  /// It is done with.
  private func ended(_ window: PendingWindow) {
    acknowledgements?.ended(sequence: window.window.sequence, of: window.stream)
  }

  /// The window had no room.
  func dropped(_ window: PendingWindow) {
    counters.countDropped()
    ended(window)
  }

  /// The window has expired.
  func expired(_ window: PendingWindow) {
    counters.countExpired()
    ended(window)
  }
}
