package import Foundation

/// What precedes the results in an answer to a subscriber that asks for what it missed.
package struct CatchUpReply: Encodable, Sendable, Equatable {
  package enum Kind: String, Encodable, Sendable {
    case replay = "REPLAY"
    case snapshot = "SNAP"
  }

  /// What was asked for; nil when it was not understood.
  package var request: Kind?
  /// How many results follow, a frame each.
  package var results = 0
  /// There is more: the sequence number to go on from.
  package var next: Int?
  /// There is more: the `<feed>/<stream>` to go on after.
  package var after: String?
  /// The smallest sequence number that the history has of this epoch.
  package var oldest: Int?
  /// Why there is no answer.
  package var error: String?
  // Version of the layout.
  private var version = 1

  package init(request: Kind? = nil) { self.request = request }

  package init(error: String) { self.error = error }

  private enum CodingKeys: String, CodingKey {
    case version = "sig"
    case request, results, next, after, oldest, error
  }

  /// The frame.
  package func encode() -> Data { WireJSON.encode(self) }
}
