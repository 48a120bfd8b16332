import Classifier
import Foundation
import Glibc

/// The `--log` file: one JSON object a line and a line an optimiser step.
struct StepLog: TrainingLog {
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
  /// - Parameters:
  ///   - inputs: files that the command reads or writes, which the log must not replace.
  ///   - step: the lines of the steps up to this one are kept: those of the run that goes on.
  init(path: String, inputs: [String?] = [], after step: Int = 0) throws(CommandFailure) {
    try OutputFile.check(path, isNoneOf: inputs)
    self.path = path
    let kept = step > 0 ? Self.lines(of: path, upTo: step) : []
    let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o666)
    guard descriptor >= 0 else { throw OutputFile.failure(path, errno) }
    file = FileHandle(fileDescriptor: descriptor, closeOnDealloc: true)
    for line in kept { try write(line + "\n") }
  }

  private static func lines(of path: String, upTo step: Int) -> [String] {
    struct Place: Decodable { let step: Int }
    guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { return [] }
    return text.split(separator: "\n").map(String.init).filter { line in
      let place = try? JSONDecoder().decode(Place.self, from: Data(line.utf8))
      return place.map { $0.step <= step } ?? false
    }
  }

  private func write(_ text: String) throws(CommandFailure) {
    do {
      try file.write(contentsOf: Data(text.utf8))
    } catch {
      throw CommandFailure("\(path): \(CommandOutcome(error: error).reason)", exitCode: .inputOutput)
    }
  }

  func append(_ step: TrainingStep) throws(CommandFailure) {
    let line = Line(
      step: step.step, epoch: step.epoch, loss: step.loss, learningRate: step.learningRate,
      gradientNorm: step.gradientNorm, sequencesPerSecond: step.sequencesPerSecond)
    do {
      try write(try JSONText.encode(line) + "\n")
    } catch let failure as CommandFailure {
      throw failure
    } catch {
      throw CommandFailure("\(path): \(CommandOutcome(error: error).reason)", exitCode: .inputOutput)
    }
  }

  /// The file is of steps only.
  func append(_ epoch: TrainingEpoch) {}
}
