import Logging
import StreamIO

/// Feeds that are recorded, and not classified: each has a thread that reads its messages as the daemon does.
final class RecordSession: Sendable {
  private let context: ZeroMQContext
  private let keys: SocketKeys
  private let recorder: Recorder
  private let clock: PipelineClock
  private let logger: Logger
  private let feeds: [(configuration: FeedConfiguration, reader: FeedReader)]

  /// - Throws: `ZeroMQError` when ZeroMQ can't be set up.
  init(
    _ configuration: RecordConfiguration, feeds: [FeedConfiguration], keys: SocketKeys, clock: PipelineClock,
    logger: Logger
  ) throws(ZeroMQError) {
    context = try ZeroMQContext()
    (self.keys, self.clock, self.logger) = (keys, clock, logger)
    recorder = Recorder(configuration, clock: clock, logger: logger.of(.record))
    let losses = LossLog(clock: clock, logger: logger.of(.feeds))
    self.feeds = feeds.map { ($0, FeedReader(clock: clock, counters: FeedCounters(feed: $0.name, log: losses))) }
  }

  /// What came and what was written, of each feed.
  var counts: [(feed: String, received: FeedCounts, recorded: RecordCounts)] {
    let recorded = recorder.counts
    return feeds.map { feed in
      let name = feed.configuration.name
      return (name, feed.reader.counters.counts, recorded[name] ?? RecordCounts())
    }
  }

  /// Lets `run` end when what has arrived is read; from any thread.
  func stop() {
    for feed in feeds { feed.reader.stop() }
  }

  /// Records until `stop`.
  ///
  /// - Throws: what keeps a part from starting, or has ended one; what had come until then is written.
  func run() throws {
    try keys.startGuard(of: context, logger: logger)
    let writer = try recorder.start()
    let failure = Monitor<(any Error)?>(nil)
    var threads: [PipelineThread] = []
    defer {
      context.shutdown()
      for thread in threads { _ = thread.join(untilNanoseconds: .max) }
      recorder.finish()
      _ = writer.join(untilNanoseconds: .max)
    }
    for (configuration, reader) in feeds {
      let thread = try PipelineThread.start(
        name: "feed \(configuration.name)",
        onFailure: { error in
          failure.withLock { $0 = $0 ?? error }
          self.stop()
        },
        body: { (ready: (String) -> Void) in try self.receive(configuration, reader, ready: ready) }
      ).thread
      threads.append(thread)
    }
    for thread in threads { _ = thread.join(untilNanoseconds: .max) }
    if let error = failure.withLock(\.self) { throw error }
  }

  private func receive(
    _ configuration: FeedConfiguration, _ reader: FeedReader, ready: (String) -> Void
  ) throws {
    let socket = try configuration.makeSocket(context, keys: keys)
    let connections = try socket.makeMonitor()
    defer { socket.endMonitor() }
    ready(try socket.open(configuration.endpoint, mode: configuration.mode))
    var processor = FeedProcessor(
      configuration, channels: nil, counters: reader.counters, clock: clock, logger: logger.of(.feeds),
      recorder: recorder
    ) { _, _, _, _ in }
    try reader.read(from: socket, connections, into: &processor)
  }
}
