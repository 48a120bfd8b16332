import Classifier
import Foundation
import Glibc

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

  private let path: String
  private let file: FileHandle

  /// Starts an empty file, or writes to what else stands there, such as a pipe.
  ///
  /// - Parameter inputs: files that the command reads or writes, which the log must not replace.
  init(path: String, inputs: [String?] = []) throws(CommandFailure) {
    try OutputFile.check(path, isNoneOf: inputs)
    self.path = path
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw OutputFile.failure(path, errno) }
    file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
  }

  func append(_ step: TrainingStep) throws(CommandFailure) {
    let line = Line(
      step: step.step, epoch: step.epoch, loss: step.loss, learningRate: step.learningRate,
      gradientNorm: step.gradientNorm, sequencesPerSecond: step.sequencesPerSecond)
    do {
      try file.write(contentsOf: Data((try JSONText.encode(line) + "\n").utf8))
    } catch {
      throw CommandFailure("\(path): \(CommandOutcome(error: error).reason)", exitCode: .inputOutput)
    }
  }
}
