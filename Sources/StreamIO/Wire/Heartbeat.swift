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

    package init(
      formed: Int, published: Int, expired: Int, dropped: Int, inFlight: Int, failed: Int, missingSamples: Int,
      maskedSamples: Int, badMessages: Int
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
    }

    private enum CodingKeys: String, CodingKey {
      case formed, published, expired, dropped, failed
      case inFlight = "in_flight"
      case missingSamples = "missing_samples"
      case maskedSamples = "masked_samples"
      case badMessages = "bad_messages"
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
