import StreamIO
import Windowing

/// Where windows end: with a result, which the history keeps, or without.
struct Delivery: Sendable {
  var history: HistoryWriter?
  /// By the feed's place: of the feeds that acknowledge what they take.
  var acknowledgements: [Int: Acknowledgements] = [:]

  /// A result was sent.
  ///
  /// - Parameter body: its JSON.
  func published(_ result: WindowResult, body: [UInt8], feed: Int) {
    if let history {
      history.offer(HistoryRecord(feed: feed, result: result, body: body), isBounded: acknowledgements[feed] == nil)
    } else {
      acknowledgements[feed]?.ended(sequence: result.sequence, of: result.stream)
    }
  }

  /// A window was dropped, or has expired.
  func ended(_ window: PendingWindow) {
    acknowledgements[window.feed]?.ended(sequence: window.window.sequence, of: window.stream)
  }
}
