import StreamIO

/// What a dealer feed tells its sender: how many more messages it may send, and what it need not keep any more.
/// Used on the feed's thread.
///
/// Credit-based flow control as in the ZeroMQ guide (chapter 7): the sender sends no more messages than it was granted, so
/// what is under way stays bounded, and a feed that grants none holds its sender up.
struct CreditLine {
  /// Messages that may be under way.
  static let messages = 64
  // A grant for fewer waits for this long, so that there is not one for every message.
  private static let intervalNanoseconds = Int64(20_000_000)

  let feed: String
  let acknowledgements: Acknowledgements
  /// Whether nothing is to be granted now.
  let isHeldUp: @Sendable () -> Bool

  // Messages taken and not granted anew.
  private var owed = 0
  private var told: [String: Int] = [:]
  private var lastSent = Int64.min
  private var isConnected = false
  private var mustGreet = false

  init(feed: String, acknowledgements: Acknowledgements, isHeldUp: @escaping @Sendable () -> Bool) {
    self.feed = feed
    self.acknowledgements = acknowledgements
    self.isHeldUp = isHeldUp
  }

  /// The connection was made, perhaps anew and to another sender, or lost: all credit is void.
  mutating func follow(_ event: ConnectionMonitor.Event) {
    isConnected = event == .made
    mustGreet = isConnected
  }

  /// Whether there is, or may come, a sender that may send nothing for now.
  var isExhausted: Bool { owed >= Self.messages && (isConnected || isHeldUp()) }

  /// A message was taken.
  mutating func take() { owed += 1 }

  /// Sends what there is to tell, if it is time.
  ///
  /// - Parameter now: by the monotonic clock, in nanoseconds.
  mutating func send(on socket: borrowing ZeroMQSocket, now: Int64) throws(ZeroMQError) {
    guard isConnected, mustGreet || owed >= Self.messages / 4 || now - Self.intervalNanoseconds >= lastSent else {
      return
    }
    lastSent = now
    let positions = acknowledgements.positions
    let granted = isHeldUp() ? 0 : mustGreet ? Self.messages : owed
    let changed = mustGreet ? positions : positions.filter { told[$0.key] != $0.value }
    guard mustGreet || granted > 0 || !changed.isEmpty else { return }
    let message = CreditMessage(
      kind: mustGreet ? .hello : .credit, feed: feed, credit: granted, acknowledged: changed)
    // One that finds no room is tried again.
    guard try socket.send(message.encode()) else { return }
    if mustGreet { acknowledgements.greeted(positions) }
    owed = mustGreet ? Self.messages - granted : owed - granted
    mustGreet = false
    told = positions
  }
}
