import Foundation
import Testing

@testable import Classifier
@testable import sigstreamd

struct EventFileTests {
  private let folder: DatasetFolder

  init() throws {
    folder = try DatasetFolder()
  }

  /// The check value of the polynomial, and RFC 3720's examples (appendix B.4) of 32 bytes of 0, of 255, and ascending.
  @Test func checksumsAreThoseOfTheStandard() {
    #expect(CRC32C.checksum(Array("123456789".utf8)) == 0xE306_9283)
    #expect(CRC32C.checksum([UInt8](repeating: 0, count: 32)) == 0x8A91_36AA)
    #expect(CRC32C.checksum([UInt8](repeating: 255, count: 32)) == 0x62A8_AB43)
    #expect(CRC32C.checksum(0..<32) == 0x46DD_794E)
  }

  /// Steps and values by tag, as TensorBoard reads them.
  private func scalars(_ directory: String) async throws -> [String: [[Double]]] {
    let outcome = try await PythonScript.run("tensorboard/read_events.py", [directory])
    try #require(outcome.code == 0, "\(outcome.output)")
    let json = try #require(outcome.output.split(separator: "\n").last { $0.hasPrefix("{") }, "\(outcome.output)")
    return try JSONDecoder().decode([String: [[Double]]].self, from: Data(json.utf8))
  }

  private func step(_ step: Int, loss: Double) -> TrainingStep {
    TrainingStep(
      step: step, steps: 9, epoch: 1, loss: loss, learningRate: 0.5, gradientNorm: 2, sequencesPerSecond: 64)
  }

  private func epoch(_ epoch: Int, _ validation: Evaluation?) throws -> TrainingEpoch {
    TrainingEpoch(
      epoch: epoch, trainingLoss: 0.75, validationLoss: validation == nil ? nil : 0.5, validation: validation,
      isBest: true, endsEarly: false, model: try folder.model())
  }

  @Test(.enabled(if: PythonScript.interpreter != nil, PythonScript.absence), .timeLimit(.minutes(5)))
  func tensorBoardReadsStepsAndEpochsAndWhatAResumedRunReplaces() async throws {
    let directory = "\(folder.path)/runs/first"
    var log = try TensorBoardLog(directory: directory)
    // Six of eight right: macro-F1 as worked out in EvaluationTests' way, 4 of 4 and 2 of 4: (0.8 + 2/3) / 2.
    let validation = Evaluation(
      labels: ["a", "b"], truth: [0, 0, 0, 0, 1, 1, 1, 1], predicted: [0, 0, 0, 0, 1, 1, 0, 0])
    for number in 1...3 { try log.append(step(number, loss: 2 - 0.5 * Double(number))) }
    try log.append(epoch(1, validation))
    try log.append(step(4, loss: 100))
    // The run goes on from the state after step 3: its step 4 replaces the first run's.
    var resumed = try TensorBoardLog(directory: directory, after: 3)
    try resumed.append(step(4, loss: 0.25))
    try resumed.append(epoch(2, nil))

    let scalars = try await scalars(directory)
    #expect(scalars["train/loss"] == [[1, 1.5], [2, 1], [3, 0.5], [4, 0.25]])
    #expect(scalars["train/learning_rate"] == (1...4).map { [Double($0), 0.5] })
    #expect(scalars["train/gradient_norm"]?.count == 4 && scalars["train/sequences_per_second"]?.last == [4, 64])
    #expect(scalars["epoch/number"] == [[3, 1], [4, 2]] && scalars["train/epoch_loss"] == [[3, 0.75], [4, 0.75]])
    #expect(scalars["validation/loss"] == [[3, 0.5]] && scalars["validation/accuracy"] == [[3, 0.75]])
    let macroF1 = try #require(scalars["validation/macro_f1"]?.first?.last)
    #expect(abs(macroF1 - (0.8 + 2.0 / 3) / 2) < 1e-6)
  }

  @Test func aFolderThatCanNotBeMadeIsTold() throws {
    let file = try folder.write("file", "content")
    expectFailure("file/runs: can't be made a directory") { _ = try TensorBoardLog(directory: "\(file)/runs") }
    expectFailure("file: can't be made a directory") { _ = try TensorBoardLog(directory: file) }
    #expect(try String(contentsOfFile: file, encoding: .utf8) == "content")
  }
}
