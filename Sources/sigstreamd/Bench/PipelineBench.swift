import Classifier
import Windowing

/// The daemon's live path under load, in this process: real sockets over loopback TCP, real decoding, real results.
///
/// Each round measures how many windows a second it delivers, in a loop that keeps enough windows in flight and none
/// dropped; then how old results are at a share of that. With a model it measures `InferenceBench` too, so that the ratio
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
  /// How long a round measures each.
  let seconds: Double
  /// Stands in for a model; nil for one that answers at once.
  var standIn: ServedModel?
  var policy = OverloadPolicy()

  static let rounds = 5
  /// The window when there is no model: that of the example's.
  private static let nullWindow = 1024

  var geometry: WindowGeometry {
    let length = model?.model.input.window ?? Self.nullWindow
    return WindowGeometry(
      lengthSamples: length, hopSamples: length / 4, channels: model?.model.architecture.inputChannels ?? 1)
  }

  var framesPerMessage: Int { messageFrames ?? geometry.hopSamples }

  /// Nothing is gained by waiting for a fuller batch when a batch takes no time.
  var maximumDelay: Duration { model == nil && standIn == nil ? .zero : BatchConfiguration().maxDelay }

  /// Windows in flight while the capacity is measured: enough that no worker waits.
  var windowsInFlight: Int { model == nil && standIn == nil ? 2048 : 3 * workers * batch }

  var served: ServedModel { model.map { ServedModel($0) } ?? standIn ?? NullClassifier.model }

  /// - Throws: what keeps the pipeline from running.
  func run() throws -> PipelineBenchResult {
    let rig = try PipelineBenchRig(self)
    defer { rig.stop() }
    try rig.warmUp()
    let rounds = try (0..<Self.rounds).map { _ in
      let inference = model.map { InferenceBench(model: $0, batch: batch, threads: workers, seconds: seconds).run() }
      let capacity = try rig.measureCapacity()
      return PipelineBenchResult.Round(
        inferenceWindowsPerSecond: inference?.windowsPerSecond, capacity: capacity,
        atLoad: try rig.measure(windowsPerSecond: load * capacity.windowsPerSecond))
    }
    return PipelineBenchResult(self, rounds, rig.windows)
  }
}

/// Answers at once, so that all the rest is what is measured.
private struct NullClassifier: WindowClassifier {
  func tryOut() {}

  static let model = ServedModel(labels: ["N", "S", "V"], channels: 1, identity: "0000000000000000") {
    NullClassifier()
  }

  private let outcome = Classification(probabilities: [0.093, 0.027, 0.88], anomaly: 1.31, pValue: 0.21)

  func classify(_ windows: [[Float]], into outcomes: inout [Classification]) {
    for index in windows.indices { outcomes[index] = outcome }
  }
}
