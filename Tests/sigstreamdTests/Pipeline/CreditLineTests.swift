import StreamIO
import Testing

@testable import sigstreamd

/// What a sender is told, as its ROUTER socket gets it.
@Suite(.timeLimit(.minutes(5))) struct CreditLineTests {
  private let acknowledgements = Acknowledgements()
  private let isHeldUp = Monitor(false)
  private let sender: ZeroMQContext
  private let daemon: ZeroMQContext

  init() throws { (sender, daemon) = (try ZeroMQContext(), try ZeroMQContext()) }

  private func makeLine() -> CreditLine {
    CreditLine(feed: "lab", acknowledgements: acknowledgements) { [isHeldUp] in isHeldUp.withLock { $0 } }
  }

  /// Runs `body` with a feed's socket, and expects that its sender gets `messages`, and nothing between them.
  private func expect(_ messages: [String], from body: (borrowing ZeroMQSocket) throws -> Void) throws {
    let router = try ZeroMQSocket(sender, .router)
    try router.bind("tcp://127.0.0.1:*")
    let dealer = try ZeroMQSocket(daemon, .dealer)
    try dealer.connect(router.boundEndpoint())
    try body(dealer)
    var message = ZeroMQMessage()
    for expected in messages {
      _ = try router.receive(into: &message)
      // The first frame is the peer's identity.
      let frames = (1..<message.count).map { index in
        message.withFrame(index) { frame in frame.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
      }
      #expect(frames.joined(separator: " ") == expected)
    }
  }

  @Test func creditIsGrantedForWhatWasTakenAndNotForEachMessage() throws {
    acknowledgements.advance("a", epoch: 0, to: 128)
    var line = makeLine()
    try expect([
      #"HELLO {"acknowledged":{"a":128},"credit":64,"feed":"lab","sig":1}"#,
      #"CREDIT {"acknowledged":{"b":0},"credit":16,"feed":"lab","sig":1}"#,
      #"CREDIT {"acknowledged":{},"credit":1,"feed":"lab","sig":1}"#,
    ]) { socket in
      try line.send(on: socket, now: 0)  // nobody is there yet
      line.follow(.made)
      try line.send(on: socket, now: 0)
      acknowledgements.advance("b", epoch: 0, to: 0)
      for _ in 0..<16 {
        try line.send(on: socket, now: 19_999_999)
        line.take()
      }
      try line.send(on: socket, now: 19_999_999)
      line.take()
      try line.send(on: socket, now: 30_000_000)
      try line.send(on: socket, now: 40_000_000)
      try line.send(on: socket, now: 60_000_000)
    }
  }

  @Test func aSenderThatIsHeldUpGetsItsCreditLater() throws {
    isHeldUp.withLock { $0 = true }
    var line = makeLine()
    try expect([
      #"HELLO {"acknowledged":{},"credit":0,"feed":"lab","sig":1}"#,
      #"HELLO {"acknowledged":{},"credit":0,"feed":"lab","sig":1}"#,
      #"CREDIT {"acknowledged":{"a":256},"credit":0,"feed":"lab","sig":1}"#,
      #"CREDIT {"acknowledged":{},"credit":64,"feed":"lab","sig":1}"#,
    ]) { socket in
      #expect(!line.isExhausted)
      line.follow(.made)
      try line.send(on: socket, now: 0)
      #expect(line.isExhausted)
      line.follow(.lost)
      #expect(line.isExhausted, "its streams go on once the daemon is no longer held up")
      isHeldUp.withLock { $0 = false }
      #expect(!line.isExhausted)
      isHeldUp.withLock { $0 = true }
      line.follow(.made)
      try line.send(on: socket, now: 0)
      try line.send(on: socket, now: 1_000_000_000)
      acknowledgements.advance("a", epoch: 0, to: 256)
      try line.send(on: socket, now: 2_000_000_000)
      isHeldUp.withLock { $0 = false }
      try line.send(on: socket, now: 3_000_000_000)
      #expect(!line.isExhausted)
    }
  }

  @Test func aNewConnectionIsToldEverything() throws {
    acknowledgements.advance("a", epoch: 0, to: 128)
    var line = makeLine()
    let hello = #"HELLO {"acknowledged":{"a":128},"credit":64,"feed":"lab","sig":1}"#
    try expect([hello, hello]) { socket in
      line.follow(.made)
      try line.send(on: socket, now: 0)
      for _ in 0..<20 { line.take() }
      line.follow(.lost)
      try line.send(on: socket, now: 1_000_000_000)
      line.follow(.made)
      try line.send(on: socket, now: 2_000_000_000)
      try line.send(on: socket, now: 3_000_000_000)
    }
  }
}
