import Classifier
import Foundation

/// The `--log` file: one JSON object a line and a line an optimiser step.
struct StepLog {
  private struct Line: Encodable {
    let step: Int
    let epoch: Int
    let loss: Double
    let learningRate: Double
    let gradientNorm: Double
    let sequencesPerSecond: Double
  }

  private let file: FileHandle

  /// Starts an empty file.
  init(path: String) throws {
    try Data().write(to: URL(fileURLWithPath: path))
    file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
  }

  func append(_ step: TrainingStep) throws {
    let line = Line(
      step: step.step, epoch: step.epoch, loss: step.loss, learningRate: step.learningRate,
      gradientNorm: step.gradientNorm, sequencesPerSecond: step.sequencesPerSecond)
    try file.write(contentsOf: Data((try JSONText.encode(line) + "\n").utf8))
  }
}
