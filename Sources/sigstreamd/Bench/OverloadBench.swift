import Classifier
import Foundation

/// The live path under more load than it can carry, in this process, over real sockets: does it keep what
/// `docs/reliability.md` promises?
///
/// First the capacity is measured, without a deadline. Then a new pipeline with the deadline gets a multiple of it, and then
/// half of it, to see how soon all is as usual.
struct OverloadBench {
  let model: PackedModel?
  let batch: Int
  let workers: Int
  let streams: Int
  /// Offered load, in capacities, above 1.
  let load: Double
  let deadline: Duration
  /// How long the overload lasts.
  let seconds: Double
  /// How long the stand-in for a model takes for a window, on each worker.
  let windowSeconds: Double

  /// What the process may grow by in the last three quarters of the overload: the allocator's own.
  static let memoryGrowthBytes = 8 << 20

  /// - Throws: what keeps the pipeline from running.
  func run() throws -> OverloadBenchResult {
    let capacity = try measureCapacity()
    let rig = try PipelineBenchRig(bench(OverloadPolicy(deadline: deadline)))
    defer { rig.stop() }
    try rig.begin()
    // The usual, until batches' times are known and all storage is there.
    try rig.send(for: 2, windowsPerSecond: capacity / 2)
    try rig.send(for: seconds / 4, windowsPerSecond: load * capacity)
    rig.receiver.forgetAges()
    let (before, memory) = (rig.snapshot, ProcessFigures.residentBytes)
    try rig.send(for: seconds * 3 / 4, windowsPerSecond: load * capacity)
    let (after, memoryAfter) = (rig.snapshot, ProcessFigures.residentBytes)
    try rig.send(for: 2 * deadline.inSeconds, windowsPerSecond: capacity / 2)
    rig.receiver.forgetAges()
    let recovered = rig.pipeline.counts[0].counts
    try rig.send(for: max(2, 4 * deadline.inSeconds), windowsPerSecond: capacity / 2)
    let isSettled = rig.receiver.wait { figures in
      let counts = rig.pipeline.counts[0].counts
      return counts.formed >= rig.feeder.windows && counts.inFlight == 0 && figures.received >= counts.published
    }
    return OverloadBenchResult(
      self, capacity: capacity, before: before, after: after, memoryBytes: (memory, memoryAfter), recovered: recovered,
      end: rig.snapshot, sent: rig.feeder.windows, isSettled: isSettled)
  }

  private func measureCapacity() throws -> Double {
    let rig = try PipelineBenchRig(bench(OverloadPolicy()))
    defer { rig.stop() }
    try rig.warmUp()
    return try rig.measureCapacity().windowsPerSecond
  }

  private func bench(_ policy: OverloadPolicy) -> PipelineBench {
    PipelineBench(
      model: model, batch: batch, workers: workers, streams: streams, messageFrames: nil, load: load,
      seconds: 4, standIn: SlowClassifier.model(windowSeconds: windowSeconds), policy: policy)
  }
}

extension PipelineBenchRig {
  /// What was counted and received up to now.
  var snapshot: (counts: FeedCounts, figures: BenchReceiver.Figures, seconds: Double) {
    (pipeline.counts[0].counts, receiver.figures, Double(MonotonicClock.nanoseconds()) * 1e-9)
  }
}

/// Takes its time, which costs no CPU: the machine's other work makes it no slower.
private struct SlowClassifier: WindowClassifier {
  func tryOut() {}

  let windowSeconds: Double

  static func model(windowSeconds: Double) -> ServedModel {
    ServedModel(labels: ["N", "S", "V"], channels: 1, identity: "0000000000000000") {
      SlowClassifier(windowSeconds: windowSeconds)
    }
  }

  func classify(_ windows: [[Float]], into outcomes: inout [Classification]) {
    let end = MonotonicClock.nanoseconds() + Int64(Double(windows.count) * windowSeconds * 1e9)
    for index in windows.indices { outcomes[index] = Classification(probabilities: [0.093, 0.027, 0.88]) }
    MonotonicClock.sleep(until: end) { false }
  }
}
