package import Foundation

/// What a dealer feed sends to its sender: two frames, the kind and JSON.
package struct CreditMessage: Encodable, Sendable {
  package enum Kind: String, Sendable {
    /// The first message of a connection: credit granted before is void, and all that is not acknowledged is to be sent
    /// again.
    case hello = "HELLO"
    case credit = "CREDIT"
  }

  package var kind: Kind
  package var feed: String
  /// How many more messages may be sent, at least 0.
  package var credit: Int
  /// By stream id, the index of the first sample that is not acknowledged; streams where that is as it was are left out.
  package var acknowledged: [String: Int]
  // Version of the layout.
  private var version = 1

  package init(kind: Kind, feed: String, credit: Int, acknowledged: [String: Int]) {
    self.kind = kind
    self.feed = feed
    self.credit = credit
    self.acknowledged = acknowledged
  }

  private enum CodingKeys: String, CodingKey {
    case version = "sig"
    case feed, credit, acknowledged
  }

  /// The frames to send.
  package func encode() -> [Data] { [Data(kind.rawValue.utf8), WireJSON.encode(self)] }
}
