import StreamIO

/// A published result on its way into the history.
struct HistoryRecord: Sendable {
  var feed: LiveFeed
  var result: WindowResult
  /// The JSON that was published, to the byte.
  var body: [UInt8]
}

/// Where a stream's results are in the history: what a daemon goes on from, and a subscriber asks for.
struct HistoryPosition: Sendable, Equatable {
  var epoch: Int
  /// The number of the last result.
  var sequence: Int
  /// Index in the stream of the first sample of its window.
  var startSample: Int
}
