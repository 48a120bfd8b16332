import Classifier
import Logging
import StreamIO
import Windowing

/// The daemon's live path under load, in this process: real sockets over loopback TCP, real decoding, real results.
///
/// Measures first how many windows a second it delivers, in a loop that keeps enough windows in flight and none dropped;
/// then how old results are at a share of that. With a model, each round measures `InferenceBench` too, so that the ratio
/// of the two is free of the machine's drift; without one, a stand-in answers at once.
struct PipelineBench {
  let model: PackedModel?
  let batch: Int
  let workers: Int
  let streams: Int
  /// Frames of a message; nil for as many as the hop, so that each message completes a window.
  let messageFrames: Int?
  /// Share of the measured capacity at which ages are measured.
  let load: Double
  /// How long each round, and the load, are measured.
  let seconds: Double

  private static let rounds = 3
  // In the units of the demonstration's model.
  private static let nullWindow = 1024
  private static let modelKey = "model"

  private var geometry: WindowGeometry {
    let length = model?.model.input.window ?? Self.nullWindow
    return WindowGeometry(
      lengthSamples: length, hopSamples: length / 4, channels: model?.model.architecture.inputChannels ?? 1)
  }

  /// Nothing is gained by waiting for a fuller batch when a batch takes no time.
  private var maximumDelay: Duration { model == nil ? .zero : BatchConfiguration().maxDelay }

  /// Windows in flight while the capacity is measured: enough that no worker waits.
  private var windowsInFlight: Int { model == nil ? 2048 : 3 * workers * batch }

  /// - Throws: what keeps the pipeline from running.
  func run() throws -> PipelineBenchResult {
    let receiver = try BenchReceiver(streams: streams)
    defer { receiver.stop() }
    let frames = messageFrames ?? geometry.hopSamples
    var feeder = try BenchFeeder(geometry: geometry, streams: streams, messageFrames: frames)
    let others = ThreadTimes().ids
    let pipeline = try Pipeline(
      try configuration(input: feeder.endpoint, output: receiver.endpoint),
      models: [Self.modelKey: model.map { ServedModel($0) } ?? NullClassifier.model],
      timing: PipelineTiming(heartbeat: .milliseconds(100)), logger: Logger(label: "bench"))
    try pipeline.start()
    defer { pipeline.drain() }
    // A heartbeat says that the subscription has arrived.
    try check(receiver.wait { $0.heartbeats > 0 })
    try feeder.fill()
    try feeder.send(for: seconds / 4, inFlight: windowsInFlight, multiple: workers * batch, receiver: receiver)

    let meter = Meter(pipeline: pipeline, receiver: receiver, otherThreads: others)
    var (capacities, inferences): ([PipelineBenchResult.Load], [Double]) = ([], [])
    for _ in 0..<Self.rounds {
      if let model {
        let bench = InferenceBench(model: model, batch: batch, threads: workers, seconds: seconds)
        inferences.append(bench.run().windowsPerSecond)
      }
      capacities.append(
        try meter.measure(&feeder) {
          try $0.send(for: seconds, inFlight: windowsInFlight, multiple: workers * batch, receiver: receiver)
        })
    }
    capacities.sort { $0.windowsPerSecond < $1.windowsPerSecond }
    let capacity = capacities[Self.rounds / 2]
    let atLoad = try meter.measure(&feeder) {
      try $0.send(for: seconds, windowsPerSecond: load * capacity.windowsPerSecond)
    }
    let counts = pipeline.counts[0].counts
    let figures = receiver.figures
    return PipelineBenchResult(
      model: model?.model.identity, precision: model?.precision, windowSamples: geometry.lengthSamples,
      hopSamples: geometry.hopSamples,
      channels: geometry.channels, messageSamples: frames, streams: streams, batch: batch, workers: workers,
      maxDelayMilliseconds: maximumDelay.inSeconds * 1000, load: load, capacity: capacity,
      inferenceWindowsPerSecond: model.map { _ in inferences.sorted()[Self.rounds / 2] }, atLoad: atLoad,
      windows: .init(
        formed: counts.formed, published: counts.published, expired: counts.expired, dropped: counts.dropped,
        received: figures.received, lost: figures.lost, unreadable: figures.unreadable))
  }

  private func configuration(input: String, output: String) throws(EndpointError) -> Configuration {
    var feed = FeedConfiguration(
      name: "bench", endpoint: try Endpoint(input, mode: .connect), sampleRateHz: BenchFeeder.sampleRateHz,
      window: .init(lengthSamples: geometry.lengthSamples, hopSamples: geometry.hopSamples), modelPath: Self.modelKey)
    (feed.socket, feed.mode) = (.pull, .connect)
    var configuration = Configuration(
      feeds: [feed], workers: workers,
      output: OutputConfiguration(endpoint: try Endpoint(output, mode: .connect), mode: .connect))
    configuration.batch = BatchConfiguration(maxSize: batch, maxDelay: maximumDelay)
    // No window is to be dropped in the loop; at a load below the capacity none should.
    configuration.queue.capacity = max(QueueConfiguration().capacity, 2 * windowsInFlight)
    return configuration
  }

  /// Measures one phase of the load from its first sample to its last result.
  private struct Meter {
    let pipeline: Pipeline
    let receiver: BenchReceiver
    /// Threads that are not the pipeline's.
    let otherThreads: Set<Int>

    func measure(
      _ feeder: inout BenchFeeder, _ send: (inout BenchFeeder) throws -> Void
    ) throws -> PipelineBenchResult.Load {
      try settle(feeder)
      receiver.forgetAges()
      let (windows, samples) = (feeder.windows, pipeline.counts[0].counts.samples)
      let (begun, times) = (MonotonicClock.nanoseconds(), ThreadTimes())
      try send(&feeder)
      try settle(feeder)
      let seconds = Double(receiver.figures.lastNanoseconds - begun) * 1e-9
      let cpu = ThreadTimes().seconds(since: times) { role(of: $0, named: $1) }
      return .init(
        windows: feeder.windows - windows, samples: pipeline.counts[0].counts.samples - samples, seconds: seconds,
        ages: receiver.figures.ages, cpuSeconds: cpu)
    }

    private func settle(_ feeder: borrowing BenchFeeder) throws {
      let windows = feeder.windows
      try check(receiver.wait { $0.received + $0.lost + $0.unreadable >= windows })
    }

    private func role(of id: Int, named name: String) -> String {
      if otherThreads.contains(id) { return name == "subscriber" ? "subscriber" : "publisher of samples" }
      switch name {
      case _ where name.hasPrefix("feed"): return "feed"
      case _ where name.hasPrefix("worker"): return "workers"
      case "publisher": return "publisher of results"
      default: return "ZeroMQ"
      }
    }
  }
}

private func check(_ isInTime: Bool) throws(CommandFailure) {
  guard isInTime else {
    throw CommandFailure("the daemon's results did not come within 30 s: try a smaller --batch", exitCode: .unavailable)
  }
}

/// Answers at once, so that all the rest is what is measured.
private struct NullClassifier: WindowClassifier {
  static let model = ServedModel(labels: ["N", "S", "V"], channels: 1, identity: "0000000000000000") {
    NullClassifier()
  }

  private let outcome = Classification(probabilities: [0.093, 0.027, 0.88], anomaly: 1.31, pValue: 0.21)

  func classify(_ windows: [[Float]], into outcomes: inout [Classification]) {
    for index in windows.indices { outcomes[index] = outcome }
  }
}
