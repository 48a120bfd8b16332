import Foundation
import StreamIO
import Testing

@testable import sigstreamd

/// A replay's messages, by themselves and over a real socket.
struct ReplaySenderTests {
  private static func sender(
    frames: Range<Int>, block: Int, speed: ReplaySpeed = .max, rate: Double = 1000
  ) -> ReplaySender {
    let recording = Recording(
      name: "two", path: "two.npy", sampleRateHz: nil,
      channels: [.init(name: "a", units: "mV"), .init(name: "b", units: "mV")],
      samples: (0..<2 * 2000).map(Float.init))
    return ReplaySender(
      recording: recording,
      schedule: ReplaySchedule(frames: frames, blockFrames: block, sampleRateHz: rate, speed: speed), source: "two")
  }

  @Test func messageCarriesItsPlaceInTheRecording() {
    let message = Self.sender(frames: 100..<205, block: 10).message(10, now: 1_000_000)
    #expect(message.start == 200)
    #expect(message.samples == (400..<410).map(Float.init))
    #expect(message.channels == 2)
    #expect(message.units == "mV")
    #expect(message.source == "two")
    #expect(message.sampleRateHz == 1000)
    #expect(message.acquisitionMicroseconds == 996_000)
  }

  /// Sockets have little room, so whatever could be dropped would be.
  @Test(arguments: ["tcp://127.0.0.1:0", "ipc://*"])
  func everySampleArrivesInOrderAtFullSpeed(endpoint: String) async throws {
    let (figures, samples) = try await Self.replay(Self.sender(frames: 100..<2000, block: 1), at: endpoint)
    #expect(samples == (200..<4000).map(Float.init))
    #expect(figures.frames == 1900)
    #expect(!figures.isInterrupted)
  }

  @Test func pacedReplayTakesTheTimeItShould() async throws {
    let sender = Self.sender(frames: 0..<1000, block: 64, speed: .times(20))
    let (figures, samples) = try await Self.replay(sender, at: "tcp://127.0.0.1:0")
    #expect(samples.count == 2000)
    // A thousand samples at 20 times 1000 Hz; a busy machine may be late, never early.
    #expect(figures.seconds >= 0.05)
  }

  @Test func withoutASubscriberWaitingEnds() throws {
    let context = try ZeroMQContext()
    let socket = try ZeroMQSocket(context, .extendedPublish)
    try socket.bind("ipc://*")
    let sender = Self.sender(frames: 0..<10, block: 1)
    let waiting = try sender.waitForSubscriber(on: socket, wait: .milliseconds(1), stop: StopSignal())
    guard case .nobody(let others) = waiting else {
      Issue.record("nobody should have been there")
      return
    }
    #expect(others.prefixes.isEmpty)
  }

  @Test func stopEndsAReplayBetweenMessages() throws {
    let context = try ZeroMQContext()
    let socket = try ZeroMQSocket(context, .extendedPublish)
    let stop = StopSignal()
    stop.request()
    let figures = try Self.sender(frames: 0..<1000, block: 10, speed: .times(0.001)).send(on: socket, stop: stop)
    #expect(figures.isInterrupted)
    #expect(figures.frames == 0)
    #expect(figures.text == "interrupted: sent 0 samples of 2 channels in 0.00 s (asked for 0.001×)")
  }

  @Test func figuresTellTheSpeedReached() {
    let figures = ReplayFigures(frames: 3600, channels: 1, seconds: 2, sampleRateHz: 360, speed: .times(5))
    #expect(figures.text == "sent 3600 samples of 1 channel in 2.00 s: 5× real time (asked for 5×)")
  }

  /// Replays to a subscriber that connects, and returns what it received.
  private static func replay(
    _ sender: ReplaySender, at endpoint: String
  ) async throws -> (ReplayFigures, samples: [Float]) {
    let context = try ZeroMQContext()
    let (addresses, bound) = AsyncStream.makeStream(of: String.self)
    async let figures = onThread {
      let socket = try ZeroMQSocket(context, .extendedPublish)
      try socket.setWaitsForSubscribers()
      try socket.setHighWaterMark(4)
      try socket.bind(endpoint)
      bound.yield(try socket.boundEndpoint())
      let stop = StopSignal()
      guard case .subscribed = try sender.waitForSubscriber(on: socket, wait: .seconds(60), stop: stop) else {
        throw CommandFailure("nobody subscribed", exitCode: .unavailable)
      }
      return try sender.send(on: socket, stop: stop)
    }
    let address = try #require(await addresses.first { _ in true })
    let frames = sender.schedule.frames.count
    let samples = try await onThread { try receiveAll(context, address, frames: frames) }
    return (try await figures, samples)
  }

  /// The samples of messages that follow each other without a gap.
  private static func receiveAll(_ context: ZeroMQContext, _ endpoint: String, frames: Int) throws -> [Float] {
    let socket = try ZeroMQSocket(context, .subscribe)
    try socket.setHighWaterMark(4)
    try socket.setReceiveTimeout(milliseconds: 60_000)
    try socket.subscribe(prefix: "two")
    try socket.connect(endpoint)
    let format = ArrayFormat(maximumMessageBytes: 1 << 20)
    var message = ZeroMQMessage()
    var block = SampleBlock()
    var samples: [Float] = []
    var next: Int?
    while samples.count < frames * 2, try socket.receive(into: &message) {
      try format.decode(message, into: &block)
      #expect(next == nil || block.firstSample == next)
      next = block.firstSample.map { $0 + block.frames }
      samples += block.samples
    }
    return samples
  }
}

struct SubscriberListTests {
  @Test func prefixesAreWantedUntilGivenUp() {
    var list = SubscriberList()
    #expect(!list.wants("bed-3"))
    list.take([1] + Array("bed-1".utf8))
    #expect(!list.wants("bed-3"))
    list.take([1] + Array("bed".utf8))
    #expect(list.wants("bed-3"))
    list.take([0] + Array("bed".utf8))
    #expect(!list.wants("bed-3"))
    list.take([1])
    #expect(list.wants("anything"))
    list.take([])
    list.take([7, 7])
    #expect(list.prefixes.count == 2)
  }
}
