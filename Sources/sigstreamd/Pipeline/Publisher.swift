import Foundation
import Logging
import StreamIO
import Windowing

/// The thread that owns the result socket, in a context of its own, so that shutting the input down can't kill results
/// that are still to leave.
final class Publisher: Sendable {
  /// Results that may wait for a slow subscriber before libzmq drops some for it.
  private static let highWaterMark: Int32 = 10_000
  // Bytes; a longer prefix no topic can have.
  private static let largestSubscription = 1024

  private struct State: Sendable {
    var order = ResultOrder()
    // Streams that are to be left out of the heartbeat; nil: all of the feed.
    var forgotten: [(feed: LiveFeed, streams: [String]?)] = []
    var isFinishing = false
  }
  private enum Step {
    case publish(Batch)
    case heartbeat
    case finish
  }

  private let configuration: OutputConfiguration
  private let keys: SocketKeys
  private let times: StageTimes
  private let losses: LossLog
  private let feeds: @Sendable () -> [LiveFeed]
  private let heartbeatNanoseconds: Int64
  private let lingerMilliseconds: Int32
  private let clock: PipelineClock
  private let logger: Logger
  private let onHeartbeat: @Sendable (Heartbeat) -> Void
  private let history: HistoryWriter?
  private let recorder: Recorder?
  private let recycle: @Sendable (inout Batch) -> Void
  private let state: Monitor<State>

  /// - Parameters:
  ///   - losses: told of peers that were not let in.
  ///   - feeds: those that run, in the order of the configuration.
  ///   - onHeartbeat: called with each heartbeat, on the publisher's thread.
  ///   - history: takes what was published.
  ///   - recorder: is told what was published.
  ///   - recycle: takes each batch when its results are sent.
  init(
    _ configuration: OutputConfiguration, keys: SocketKeys, times: StageTimes, losses: LossLog,
    feeds: @escaping @Sendable () -> [LiveFeed], timing: PipelineTiming, clock: PipelineClock, logger: Logger,
    onHeartbeat: @escaping @Sendable (Heartbeat) -> Void, history: HistoryWriter? = nil,
    recorder: Recorder? = nil, recycle: @escaping @Sendable (inout Batch) -> Void
  ) {
    (self.configuration, self.keys, self.times) = (configuration, keys, times)
    (self.losses, self.feeds, self.history, self.recorder) = (losses, feeds, history, recorder)
    self.recycle = recycle
    self.clock = clock
    self.logger = logger
    self.onHeartbeat = onHeartbeat
    heartbeatNanoseconds = timing.heartbeat.wholeNanoseconds
    lingerMilliseconds = Int32(clamping: timing.linger.wholeNanoseconds / 1_000_000)
    state = Monitor(State())
  }

  /// Opens the socket on a thread of its own.
  ///
  /// - Returns: the thread, and the endpoint with the port that the system chose, if it had to.
  /// - Throws: `ZeroMQError` when the socket can't be opened.
  func start() throws -> (thread: PipelineThread, endpoint: String) {
    let (thread, endpoint) = try PipelineThread.start(name: "publisher") { (ready: (String) -> Void) in
      let context = try ZeroMQContext()
      try self.keys.startGuard(of: context, logger: self.logger)
      let socket = try self.makeSocket(context)
      let connections = try socket.makeMonitor()
      ready(try socket.open(self.configuration.endpoint, mode: self.configuration.mode))
      self.run(socket, connections)
      // Waits for what has not left yet, as long as the linger allows.
      context.close()
    }
    return (thread, endpoint)
  }

  /// Takes a batch to publish, from any thread.
  func offer(_ batch: Batch) {
    state.withLock { $0.order.add(batch) }
    state.notifyOne()
  }

  /// Leaves streams out of the heartbeats to come, until they speak again; from any thread.
  ///
  /// - Parameter streams: nil: all of the feed.
  func forget(_ streams: [String]?, feed: LiveFeed) {
    state.withLock { $0.forgotten.append((feed, streams)) }
  }

  /// Lets the thread publish what it has, send a last heartbeat, close the socket and end.
  func finish() {
    state.withLock { $0.isFinishing = true }
    state.notifyOne()
  }

  // MARK: On the thread

  private func makeSocket(_ context: ZeroMQContext) throws(ZeroMQError) -> ZeroMQSocket {
    let socket = try ZeroMQSocket(context, .publish)
    try socket.setHighWaterMark(Self.highWaterMark)
    try socket.setLinger(milliseconds: lingerMilliseconds)
    try socket.setKeepAlive()
    // Subscribers send what they subscribe to, and no more.
    try socket.setMaximumMessageBytes(Self.largestSubscription)
    try keys.secure(socket, mode: configuration.mode, server: configuration.serverKey, name: "output")
    return socket
  }

  /// What the thread keeps from one result to the next.
  struct Memory {
    // By feed, as a new one may have the name and the place of one that has ended: the last sequence number sent of
    // each stream.
    private var last: [ObjectIdentifier: [String: (sequence: Int, until: Int64)]] = [:]
    /// The frames of a message: the same bytes are used for each.
    fileprivate var topic: [UInt8] = []
    fileprivate var body: [UInt8] = []

    /// - Parameter until: when the stream counts as forgotten, unless it has another result by then.
    fileprivate mutating func note(_ sequence: Int, of stream: String, feed: LiveFeed, until: Int64) {
      last[ObjectIdentifier(feed), default: [:]][stream] = (sequence, until)
    }

    /// Those of the streams that are not forgotten.
    fileprivate mutating func sequences(of feed: LiveFeed, now: Int64) -> [String: Int] {
      last[ObjectIdentifier(feed)] = last[ObjectIdentifier(feed)]?.filter { $0.value.until > now }
      return last[ObjectIdentifier(feed)]?.mapValues(\.sequence) ?? [:]
    }

    fileprivate mutating func forget(_ streams: [String]?, feed: LiveFeed) {
      guard let streams else { return last[ObjectIdentifier(feed)] = nil }
      for stream in streams { last[ObjectIdentifier(feed)]?[stream] = nil }
    }
  }

  private func run(_ socket: consuming ZeroMQSocket, _ connections: consuming ConnectionMonitor) {
    defer { socket.endMonitor() }
    var memory = Memory()
    var count = ConnectionCount()
    var heartbeatDue = clock.monotonicNanoseconds() + heartbeatNanoseconds
    while true {
      switch nextStep(heartbeatDue: heartbeatDue) {
      case .publish(var batch):
        publish(batch, socket, &memory)
        times.add(.publish, nanoseconds: clock.monotonicNanoseconds() - batch.classified)
        recycle(&batch)
      case .heartbeat:
        heartbeatDue = clock.monotonicNanoseconds() + heartbeatNanoseconds
        forgetStreams(&memory)
        noteConnections(connections, &count)
        losses.flush()
        sendHeartbeat(socket, &memory)
      case .finish:
        sendHeartbeat(socket, &memory)
        return
      }
    }
  }

  private func noteConnections(_ connections: borrowing ConnectionMonitor, _ count: inout ConnectionCount) {
    do {
      try count.update(connections)
    } catch {
      logger.error("the output's connections can't be watched: \(error)")
    }
    losses.note(FeedCounters.refusal, feed: "output", count: count.refused)
  }

  private func nextStep(heartbeatDue: Int64) -> Step {
    state.wait { state in
      if state.isFinishing {
        return .done((state.order.takeReady() ?? state.order.takeAny()).map { .publish($0) } ?? .finish)
      }
      if clock.monotonicNanoseconds() >= heartbeatDue { return .done(.heartbeat) }
      return state.order.takeReady().map { .done(.publish($0)) } ?? .wait(untilNanoseconds: heartbeatDue)
    }
  }

  /// Sends the results of a batch.
  func publish(_ batch: Batch, _ socket: borrowing ZeroMQSocket, _ memory: inout Memory) {
    guard let model = batch.model else { preconditionFailure("a batch that is published was classified") }
    for (window, outcome) in zip(batch.windows, batch.outcomes) {
      let feed = window.feed
      let now = clock.monotonicNanoseconds()
      let isLate = now > window.due
      // A batch that took longer than batches have of late: what it made too late is not passed on.
      if isLate && feed.policy.whenLate == .expire {
        feed.expired(window)
        continue
      }
      var result = WindowResult(
        feed: feed.name, stream: window.stream, window: window.window, outcome, model: model)
      result.isLate = isLate
      result.publishedMicroseconds = clock.microsecondsSince1970()
      result.ageMicroseconds = now.subtractingSaturated(window.acquired) / 1000
      memory.topic.removeAll(keepingCapacity: true)
      memory.body.removeAll(keepingCapacity: true)
      result.appendTopic(to: &memory.topic)
      result.appendBody(to: &memory.body)
      if send(memory.topic.span.bytes, memory.body.span.bytes, socket) {
        feed.counters.countPublished(
          failed: result.status == .failed, late: isLate, age: result.ageMicroseconds)
        memory.note(
          result.sequence, of: result.stream, feed: feed,
          until: Self.end(of: feed, acquired: window.acquired, published: now))
        recorder?.consider(result)
        keep(result, body: memory.body, feed: feed)
      } else {
        feed.expired(window)
      }
    }
  }

  /// Until when a stream is named in heartbeats that says nothing more. It may have been forgotten before a window was
  /// published that waited for so long; later it is `forget` that tells.
  private static func end(of feed: LiveFeed, acquired: Int64, published: Int64) -> Int64 {
    let limit = feed.configuration.forgetAfter.wholeNanoseconds
    return published.subtractingSaturated(acquired) < limit ? .max : published.addingSaturated(limit)
  }

  /// Hands a result that was sent to the history, which tells once it is there; without one it is done with.
  private func keep(_ result: WindowResult, body: [UInt8], feed: LiveFeed) {
    if let history {
      history.offer(HistoryRecord(feed: feed, result: result, body: body), isBounded: feed.acknowledgements == nil)
    } else {
      feed.acknowledgements?.ended(sequence: result.sequence, of: result.stream)
    }
  }

  private func forgetStreams(_ memory: inout Memory) {
    let forgotten = state.withLock { state in
      defer { state.forgotten = [] }
      return state.forgotten
    }
    for (feed, streams) in forgotten { memory.forget(streams, feed: feed) }
  }

  private func sendHeartbeat(_ socket: borrowing ZeroMQSocket, _ memory: inout Memory) {
    var (streams, feeds): ([String: Int], [String: Heartbeat.FeedCounts]) = ([:], [:])
    for feed in self.feeds() {
      feeds[feed.name] = feed.counters.counts.heartbeat
      for (stream, sequence) in memory.sequences(of: feed, now: clock.monotonicNanoseconds()) {
        streams["\(feed.name)/\(stream)"] = sequence
      }
    }
    let heartbeat = Heartbeat(microseconds: clock.microsecondsSince1970(), streams: streams, feeds: feeds)
    _ = send(Heartbeat.topic.bytes, heartbeat.encode().bytes, socket)
    onHeartbeat(heartbeat)
  }

  private func send(_ topic: RawSpan, _ body: RawSpan, _ socket: borrowing ZeroMQSocket) -> Bool {
    do {
      return try socket.send(topic, hasMore: true) && socket.send(body, hasMore: false)
    } catch {
      logger.error("a result could not be sent: \(error)")
      return false
    }
  }
}
