/// What the subscribers of a publisher have asked for, by the messages that an `extendedPublish` socket receives.
struct SubscriberList: Sendable {
  /// The prefixes that somebody wants; the socket tells of the first who wants one and the last who gives it up.
  private(set) var prefixes: Set<[UInt8]> = []

  /// Takes a message: 1 and a prefix that is wanted, or 0 and one that no longer is. Others mean nothing.
  mutating func take(_ message: [UInt8]) {
    switch message.first {
    case 1: prefixes.insert(Array(message.dropFirst()))
    case 0: prefixes.remove(Array(message.dropFirst()))
    default: break
    }
  }

  /// Whether somebody receives messages whose topic is `topic`.
  func wants(_ topic: String) -> Bool {
    prefixes.contains { topic.utf8.starts(with: $0) }
  }
}
