import Foundation
import Logging
import StreamIO
import Testing

@testable import sigstreamd

/// A feed whose sender takes no notice of its credit, while the history is full.
@Suite(.timeLimit(.minutes(5))) struct FeedReaderTests {
  private let counters = FeedCounters(feed: "ecg")
  private let isFull = Monitor(true)
  private let reader: FeedReader

  init() { reader = FeedReader(clock: .system, counters: counters) }

  /// Reads on a thread, as a feed does.
  private func start(_ context: ZeroMQContext) throws -> (thread: PipelineThread, ready: String) {
    try PipelineThread.start(name: "feed") { [reader, counters, isFull] (ready: (String) -> Void) in
      let socket = try ZeroMQSocket(context, .pull)
      try socket.setReceiveTimeout(milliseconds: 20)
      let connections = try socket.makeMonitor()
      defer { socket.endMonitor() }
      var feed = FeedConfiguration(
        name: "ecg", endpoint: try Endpoint("tcp://127.0.0.1:5555", mode: .connect), sampleRateHz: 1000,
        window: FeedConfiguration.Window(lengthSamples: 8, hopSamples: 8), modelPath: "m")
      (feed.silentAfter, feed.forgetAfter) = (.milliseconds(900), .milliseconds(900))
      var processor = FeedProcessor(
        feed, channels: 1, counters: counters, clock: .system, logger: Logger(label: "test")
      ) { _, _, _, _ in }
      try socket.bind("tcp://127.0.0.1:*")
      ready(try socket.boundEndpoint())
      try reader.read(from: socket, connections, into: &processor, mustPause: { isFull.withLock(\.self) })
    }
  }

  private func send(_ count: Int, _ socket: borrowing ZeroMQSocket) throws {
    for _ in 0..<count {
      _ = try socket.send([Data(#"{"type":"uint8","shape":[8],"source":"a"}"#.utf8), Data(repeating: 1, count: 8)])
    }
  }

  @Test func nothingIsReadUntilThereIsRoom() async throws {
    try await onThread { [self] in
      let (daemon, peer) = (try ZeroMQContext(), try ZeroMQContext())
      let (thread, endpoint) = try start(daemon)
      let socket = try ZeroMQSocket(peer, .push)
      try socket.setLinger(milliseconds: 0)
      try socket.connect(endpoint)
      try send(50, socket)
      #expect(!thread.join(untilNanoseconds: MonotonicClock.nanoseconds() + 200_000_000))
      #expect(counters.counts.messages == 0)

      isFull.withLock { $0 = false }
      while counters.counts.messages < 50 { usleep(1000) }

      isFull.withLock { $0 = true }
      reader.stop()
      #expect(thread.join(untilNanoseconds: .max), "a stop does not wait for room")
    }
  }

  /// Streams are looked at each second, and a message for each waits by then.
  @Test func streamsAreNotForgottenWhileNothingIsRead() async throws {
    try await onThread { [self] in
      isFull.withLock { $0 = false }
      let (daemon, peer) = (try ZeroMQContext(), try ZeroMQContext())
      let (thread, endpoint) = try start(daemon)
      let socket = try ZeroMQSocket(peer, .push)
      try socket.connect(endpoint)
      try send(1, socket)
      while counters.counts.messages < 1 { usleep(1000) }
      isFull.withLock { $0 = true }
      try send(1, socket)
      #expect(!thread.join(untilNanoseconds: MonotonicClock.nanoseconds() + 2_500_000_000))
      isFull.withLock { $0 = false }
      while counters.counts.messages < 2 { usleep(1000) }
      #expect(counters.counts.forgottenStreams == 0 && counters.counts.silentStreams == 0)
      reader.stop()
      #expect(thread.join(untilNanoseconds: .max))
    }
  }
}
