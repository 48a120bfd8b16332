import Foundation
import Logging
import StreamIO
import Synchronization
import Testing

@testable import sigstreamd

/// A classifier that says of a window what its first sample says, so that a result can be traced to its window.
struct EchoClassifier: WindowClassifier {
  static let labels = ["zero", "one", "two"]
  /// Called with each batch before it is classified; may block or throw.
  var before: @Sendable (_ batch: [[Float]]) throws -> Void = { _ in }
  /// Called when the model is tried; may throw.
  var trial: @Sendable () throws -> Void = {}
  /// The anomaly and its p-value of a window.
  var novelty: @Sendable (_ window: [Float]) -> (Float, Float)? = { _ in nil }

  func classify(_ windows: [[Float]], into outcomes: inout [Classification]) throws {
    try before(windows)
    for (index, window) in windows.enumerated() {
      let label = Int(window[0]) % 3
      let novelty = novelty(window)
      outcomes[index] = Classification(
        probabilities: (0..<3).map { $0 == label ? 0.5 : 0.25 }, anomaly: novelty?.0, pValue: novelty?.1)
    }
  }

  func tryOut() throws { try trial() }

  static func model(_ classifier: EchoClassifier = EchoClassifier()) -> ServedModel {
    ServedModel(labels: labels, channels: 1, identity: "0123456789abcdef") { classifier }
  }
}

/// A running pipeline, with a PUSH socket to each feed and a SUB socket on its results. Used on one thread.
final class PipelineHarness {
  let pipeline: Pipeline
  let lines: Monitor<[String]>
  private(set) var results: [WindowResult] = []
  private(set) var lastHeartbeat: Heartbeat?
  private let context: ZeroMQContext
  private let subscriber: ZeroMQSocket
  private var message = ZeroMQMessage()

  /// Starts a pipeline whose feeds bind to free ports, and waits until its results are heard.
  init(
    _ models: [String: ServedModel] = ["m": EchoClassifier.model()], feeds: [FeedConfiguration]? = nil,
    timing: PipelineTiming = PipelineTiming(heartbeat: .milliseconds(5)), clock: PipelineClock = .system,
    configure: (inout Configuration) -> Void = { _ in }
  ) throws {
    var configuration = Configuration(
      feeds: try feeds ?? [Self.feed()], workers: 2,
      output: OutputConfiguration(endpoint: try Endpoint("tcp://127.0.0.1:*", mode: .bind)))
    configuration.batch = BatchConfiguration(maxSize: 4, maxDelay: .milliseconds(1))
    configuration.queue.capacity = 1 << 20
    configure(&configuration)
    let (logger, lines) = LogRecorder.make()
    self.lines = lines
    pipeline = try Pipeline(configuration, models: models, timing: timing, clock: clock, logger: logger)
    try pipeline.start()
    context = try ZeroMQContext()
    subscriber = try ZeroMQSocket(context, .subscribe)
    try subscriber.setHighWaterMark(0)
    try subscriber.setLinger(milliseconds: 0)
    try subscriber.subscribe(prefix: "")
    try subscriber.connect(pipeline.outputEndpoint ?? "")
    // The first heartbeat says that the subscription has arrived.
    while lastHeartbeat == nil { try receive() }
  }

  static func feed(_ name: String = "ecg", model: String = "m") throws -> FeedConfiguration {
    var feed = FeedConfiguration(
      name: name, endpoint: try Endpoint("tcp://127.0.0.1:*", mode: .bind), sampleRateHz: 1000,
      window: FeedConfiguration.Window(lengthSamples: 8, hopSamples: 8), modelPath: model)
    (feed.socket, feed.mode) = (.pull, .bind)
    return feed
  }

  /// A socket to a feed.
  func sender(to feed: String = "ecg") throws -> ZeroMQSocket {
    let socket = try ZeroMQSocket(context, .push)
    try socket.setLinger(milliseconds: 0)
    try socket.connect(pipeline.feedEndpoints[feed] ?? "")
    return socket
  }

  /// Receives one message of the pipeline's.
  ///
  /// - Returns: false when none came in the time that `drain` sets.
  @discardableResult
  func receive() throws -> Bool {
    guard try subscriber.receive(into: &message) else { return false }
    let topic = message.withFrame(0) { $0.withUnsafeBytes { Data($0) } }
    let body = message.withFrame(1) { $0.withUnsafeBytes { Data($0) } }
    if topic == Heartbeat.topic {
      let heartbeat = try JSONDecoder().decode(Heartbeat.self, from: body)
      for (_, feed) in heartbeat.feeds {
        #expect(feed.formed == feed.published + feed.expired + feed.dropped + feed.inFlight)
        #expect(feed.inFlight >= 0)
      }
      lastHeartbeat = heartbeat
    } else {
      let result = try JSONDecoder().decode(WindowResult.self, from: body)
      #expect(topic == result.topic)
      results.append(result)
    }
    return true
  }

  /// Receives until a heartbeat satisfies `condition`.
  func receive(until condition: (Heartbeat) -> Bool) throws {
    repeat { try receive() } while lastHeartbeat.map(condition) != true
  }

  /// Drains the pipeline and receives what it still sends, up to its last heartbeat.
  ///
  /// - Returns: the final counts by feed.
  func drain() throws -> [String: FeedCounts] {
    let pipeline = pipeline
    let (thread, _) = try PipelineThread.start(name: "drain") { (ready: (Int) -> Void) in
      ready(0)
      pipeline.drain()
    }
    try subscriber.setReceiveTimeout(milliseconds: 20)
    while !thread.join(untilNanoseconds: 0) { try receive() }
    // The last heartbeat comes after every result. It may still be on its way, but not for ever.
    try subscriber.setReceiveTimeout(milliseconds: 10_000)
    let published = pipeline.counts.map(\.counts.published)
    while pipeline.counts.map({ lastHeartbeat?.feeds[$0.feed]?.published }) != published, try receive() {}
    return Dictionary(uniqueKeysWithValues: pipeline.counts.map { ($0.feed, $0.counts) })
  }
}

/// `count` frames of one channel, where the windows of 8 frames are told apart by their first sample.
func echoSamples(_ range: Range<Int>) -> [Float] {
  range.map { Float($0 / 8) }
}
