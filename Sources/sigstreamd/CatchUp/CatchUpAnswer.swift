import GRDB
import StreamIO

/// The answers to what subscribers ask for: a page of results and what to say about them.
enum CatchUpAnswer {
  /// - Parameter limit: results of the page, at least 1.
  static func replay(
    feed: String, stream: String, epoch: Int, sequences: ClosedRange<Int>, limit: Int, in database: Database
  ) throws -> (CatchUpReply, bodies: [String]) {
    // One more than fits tells where the next page begins.
    let found = try HistoryQuery.results(
      feed: feed, stream: stream, epoch: epoch, sequences: sequences, limit: limit + 1, in: database)
    var reply = CatchUpReply(request: .replay)
    reply.results = min(limit, found.count)
    reply.next = found.count > limit ? found[limit].sequence : nil
    reply.oldest = try HistoryQuery.oldest(feed: feed, stream: stream, epoch: epoch, in: database)
    return (reply, found.prefix(limit).map(\.body))
  }

  /// - Parameter limit: results of the page, at least 1.
  static func snapshot(after name: String, limit: Int, in database: Database) throws -> (CatchUpReply, bodies: [String])
  {
    let found = try HistoryQuery.lastResults(after: name, limit: limit + 1, in: database)
    var reply = CatchUpReply(request: .snapshot)
    reply.results = min(limit, found.count)
    reply.after = found.count > limit ? found[limit - 1].name : nil
    return (reply, found.prefix(limit).map(\.body))
  }
}
