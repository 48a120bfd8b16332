import Logging
import StreamIO
import Windowing

/// The running parts of a `PipelineBench`: a publisher of samples, the pipeline, and a subscriber to its results.
final class PipelineBenchRig {
  private static let modelKey = "model"

  private let bench: PipelineBench
  let receiver: BenchReceiver
  let pipeline: Pipeline
  // Threads that are not the pipeline's.
  private let otherThreads: Set<Int>
  private(set) var feeder: BenchFeeder

  /// Starts the pipeline between the two sockets.
  init(_ bench: PipelineBench) throws {
    let receiver = try BenchReceiver(streams: bench.streams)
    let feeder = try BenchFeeder(
      geometry: bench.geometry, streams: bench.streams, messageFrames: bench.framesPerMessage)
    otherThreads = ThreadTimes().ids
    let pipeline = try Pipeline(
      try Self.configuration(bench, input: feeder.endpoint, output: receiver.endpoint),
      models: [Self.modelKey: bench.served], timing: PipelineTiming(heartbeat: .milliseconds(100)),
      logger: Logger(label: "bench"))
    try pipeline.start()
    (self.bench, self.receiver, self.pipeline) = (bench, receiver, pipeline)
    self.feeder = feeder
  }

  func stop() {
    pipeline.drain()
    receiver.stop()
  }

  /// What has become of all windows so far.
  var windows: PipelineBenchResult.Windows {
    let (counts, figures) = (pipeline.counts[0].counts, receiver.figures)
    return .init(
      formed: counts.formed, published: counts.published, expired: counts.expired, dropped: counts.dropped,
      received: figures.received, lost: figures.lost, unreadable: figures.unreadable)
  }

  // MARK: Measuring

  /// Waits until results are heard, as a heartbeat says that the subscription has arrived, and fills every stream's first window but for a message.
  func begin() throws {
    try Self.check(receiver.wait { $0.heartbeats > 0 })
    try feeder.fill()
  }

  /// Sends without waiting for results, however late they are.
  func send(for seconds: Double, windowsPerSecond: Double) throws {
    try feeder.send(for: seconds, windowsPerSecond: windowsPerSecond)
  }

  func warmUp() throws {
    try begin()
    try sendToCapacity(seconds: bench.seconds / 4)
  }

  func measureCapacity() throws -> PipelineBenchResult.Load {
    try measure { try sendToCapacity(seconds: bench.seconds) }
  }

  func measure(windowsPerSecond: Double) throws -> PipelineBenchResult.Load {
    try measure { try feeder.send(for: bench.seconds, windowsPerSecond: windowsPerSecond) }
  }

  private func sendToCapacity(seconds: Double) throws {
    try feeder.send(
      for: seconds, inFlight: bench.windowsInFlight, multiple: bench.workers * bench.batch, receiver: receiver)
  }

  /// Measures from the first sample that `send` sends to the last result.
  private func measure(_ send: () throws -> Void) throws -> PipelineBenchResult.Load {
    try settle()
    receiver.forgetAges()
    let (windows, samples) = (feeder.windows, pipeline.counts[0].counts.samples)
    let (begun, times) = (MonotonicClock.nanoseconds(), ThreadTimes())
    try send()
    try settle()
    let figures = receiver.figures
    return .init(
      windows: feeder.windows - windows, samples: pipeline.counts[0].counts.samples - samples,
      seconds: Double(figures.lastNanoseconds - begun) * 1e-9, ages: figures.ages,
      cpuSeconds: ThreadTimes().seconds(since: times) { role(of: $0, named: $1) })
  }

  /// Waits for the results of all windows that were sent, and until the daemon has counted them: a result may be here before
  /// the publisher's count of it.
  private func settle() throws {
    let (windows, pipeline) = (feeder.windows, pipeline)
    try Self.check(
      receiver.wait {
        $0.received + $0.lost + $0.unreadable >= windows && pipeline.counts[0].counts.inFlight == 0
      })
  }

  private static func check(_ isInTime: Bool) throws(CommandFailure) {
    guard isInTime else {
      throw CommandFailure(
        "the daemon's results did not come within 30 s: try a smaller --batch", exitCode: .unavailable)
    }
  }

  private func role(of id: Int, named name: String) -> String {
    if otherThreads.contains(id) { return name == BenchReceiver.threadName ? "subscriber" : "publisher of samples" }
    switch name {
    case _ where name.hasPrefix("feed"): return "feed"
    case _ where name.hasPrefix("worker"): return "workers"
    case "publisher": return "publisher of results"
    default: return "ZeroMQ"
    }
  }

  private static func configuration(
    _ bench: PipelineBench, input: String, output: String
  ) throws(EndpointError) -> Configuration {
    let window = FeedConfiguration.Window(
      lengthSamples: bench.geometry.lengthSamples, hopSamples: bench.geometry.hopSamples)
    var feed = FeedConfiguration(
      name: "bench", endpoint: try Endpoint(input, mode: .connect), sampleRateHz: BenchFeeder.sampleRateHz,
      window: window, modelPath: modelKey)
    (feed.socket, feed.mode, feed.overload) = (.pull, .connect, bench.policy)
    var configuration = Configuration(
      feeds: [feed], workers: bench.workers,
      output: OutputConfiguration(endpoint: try Endpoint(output, mode: .connect), mode: .connect))
    configuration.batch = BatchConfiguration(maxSize: bench.batch, maxDelay: bench.maximumDelay)
    // No window is to be dropped while the capacity is measured; at a share of it none should.
    configuration.queue.capacity = max(QueueConfiguration().capacity, 2 * bench.windowsInFlight)
    return configuration
  }
}
