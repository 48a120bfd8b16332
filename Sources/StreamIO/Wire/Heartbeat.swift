package import Foundation

/// Sent each second, so that a subscriber sees the loss of the last results of a stream, and silence that means trouble.
package struct Heartbeat: Codable, Sendable, Equatable {
  /// One feed's counters. formed = published + expired + dropped + inFlight.
  package struct FeedCounts: Codable, Sendable, Equatable {
    package var formed: Int
    package var published: Int
    package var expired: Int
    package var dropped: Int
    package var inFlight: Int
    /// Of those published, how many with the status `failed`.
    package var failed: Int
    package var missingSamples: Int
    package var maskedSamples: Int
    package var badMessages: Int
    /// The same by reason.
    package var refused: [String: Int]
    /// Of those published, how many past their deadline.
    package var late: Int
    /// Samples older than the feed's deadline when they arrived.
    package var lateSamples: Int
    /// Connections made anew after one was lost.
    package var reconnects: Int
    /// Peers that were not let in.
    package var refusedConnections: Int
    /// Streams there are, those of them that are silent, and those forgotten since the start.
    package var streams: Int
    package var silentStreams: Int
    package var forgottenStreams: Int
    /// Samples that had come before.
    package var duplicateSamples: Int
    /// Results published that the history could not take.
    package var historyLost: Int
    /// Messages that carry no samples.
    package var otherMessages: Int
    /// How often a stream began anew because its numbers did not advance.
    package var restarts: Int

    package init(
      formed: Int, published: Int, expired: Int, dropped: Int, inFlight: Int, failed: Int, missingSamples: Int,
      maskedSamples: Int, badMessages: Int, refused: [String: Int] = [:], late: Int = 0, lateSamples: Int = 0,
      reconnects: Int = 0, refusedConnections: Int = 0, streams: Int = 0, silentStreams: Int = 0,
      forgottenStreams: Int = 0, duplicateSamples: Int = 0, historyLost: Int = 0, otherMessages: Int = 0,
      restarts: Int = 0
    ) {
      self.formed = formed
      self.published = published
      self.expired = expired
      self.dropped = dropped
      self.inFlight = inFlight
      self.failed = failed
      self.missingSamples = missingSamples
      self.maskedSamples = maskedSamples
      self.badMessages = badMessages
      self.refused = refused
      self.late = late
      self.lateSamples = lateSamples
      self.reconnects = reconnects
      self.refusedConnections = refusedConnections
      self.streams = streams
      self.silentStreams = silentStreams
      self.forgottenStreams = forgottenStreams
      self.duplicateSamples = duplicateSamples
      self.historyLost = historyLost
      self.otherMessages = otherMessages
      self.restarts = restarts
    }

    /// Counters that another version doesn't send are 0.
    package init(from decoder: any Decoder) throws {
      let values = try decoder.container(keyedBy: CodingKeys.self)
      func count(_ key: CodingKeys) throws -> Int { try values.decodeIfPresent(Int.self, forKey: key) ?? 0 }
      self.init(
        formed: try count(.formed), published: try count(.published), expired: try count(.expired),
        dropped: try count(.dropped), inFlight: try count(.inFlight), failed: try count(.failed),
        missingSamples: try count(.missingSamples), maskedSamples: try count(.maskedSamples),
        badMessages: try count(.badMessages),
        refused: try values.decodeIfPresent([String: Int].self, forKey: .refused) ?? [:], late: try count(.late),
        lateSamples: try count(.lateSamples), reconnects: try count(.reconnects),
        refusedConnections: try count(.refusedConnections), streams: try count(.streams),
        silentStreams: try count(.silentStreams), forgottenStreams: try count(.forgottenStreams),
        duplicateSamples: try count(.duplicateSamples), historyLost: try count(.historyLost),
        otherMessages: try count(.otherMessages), restarts: try count(.restarts))
    }

    private enum CodingKeys: String, CodingKey {
      case formed, published, expired, dropped, failed, refused, late, reconnects, restarts, streams
      case inFlight = "in_flight"
      case missingSamples = "missing_samples"
      case maskedSamples = "masked_samples"
      case badMessages = "bad_messages"
      case lateSamples = "late_samples"
      case refusedConnections = "refused_connections"
      case silentStreams = "silent_streams"
      case forgottenStreams = "forgotten_streams"
      case duplicateSamples = "duplicate_samples"
      case historyLost = "history_lost"
      case otherMessages = "other_messages"
    }
  }

  /// When it was made, microseconds since 1970.
  package var microseconds: Int64
  /// `<feed>/<stream>` → last sequence number published, for every stream that has spoken.
  package var streams: [String: Int]
  package var feeds: [String: FeedCounts]
  // Version of the layout.
  private var version = 1

  package init(microseconds: Int64, streams: [String: Int], feeds: [String: FeedCounts]) {
    self.microseconds = microseconds
    self.streams = streams
    self.feeds = feeds
  }

  private enum CodingKeys: String, CodingKey {
    case version = "sig"
    case microseconds = "t_us"
    case streams, feeds
  }

  /// The first frame.
  package static let topic = Data("heartbeat/".utf8)

  /// The second frame.
  package func encode() -> Data { WireJSON.encode(self) }
}
