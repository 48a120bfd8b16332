import ArgumentParser
import Classifier
import Foundation
import StreamIO
import Testing

@testable import sigstreamd

/// Training that is stopped, diverges or can't be written.
struct TrainingRunTests {
  private let folder: DatasetFolder
  private var path: String { "\(folder.path)/m.safetensors" }

  init() throws {
    folder = try DatasetFolder()
  }

  private func run(
    epochs: Int, learningRate: Double = 1e-3, stop: StopSignal = StopSignal(), log: StepLog? = nil,
    command: String = "test", windows: Int = 24, to path: String? = nil
  ) throws -> TrainingRun {
    let (signals, labels) = try folder.sines(windows)
    var data = try DataOptions.parse(["--signals", signals, "--labels", labels]).trainingData(for: nil)
    data.splitValidation(share: 0.25, seed: 1)
    var options = TrainingOptions()
    (options.epochs, options.batch, options.microBatch, options.learningRate) = (epochs, 8, 4, learningRate)
    var run = TrainingRun(
      data: data, options: options, output: try OutputFile(path ?? self.path), command: command, parameters: 1,
      stop: stop)
    run.logs = log.map { [$0] } ?? []
    return run
  }

  @Test func aStopEndsTrainingAfterTheStepAndKeepsTheBestWithItsStatistics() throws {
    let stop = StopSignal()
    stop.request()
    let log = "\(folder.path)/log"
    var run = try run(epochs: 1000, stop: stop, log: StepLog(path: log))
    let trained = try run.run(from: folder.model("start.safetensors"))
    #expect(try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").count == 1, "one step")
    let loaded = try Model.load(path: path)
    #expect(loaded.identity == trained.identity)
    #expect(loaded.novelty != nil)
    #expect(run.record.epoch == 1)
    #expect(ModelInspection(loaded).training == run.record)
  }

  @Test func theRecordTellsTheEpochThatWasKeptAndTheWindows() throws {
    var run = try run(epochs: 3)
    let trained = try run.run(from: folder.model("start.safetensors"))
    let record = try #require(ModelInspection(trained).training)
    #expect((1...3).contains(record.epoch))
    #expect(record.data.windows == ["training": ["3": 9, "5": 9], "validation": ["3": 3, "5": 3]])
    let validation = try #require(run.data.validation)
    let outputs = BatchEvaluation(trained, validation, threads: 1)
    #expect(
      record.validation == Evaluation(labels: ["3", "5"], truth: validation.labels, predicted: outputs.predicted))
  }

  @Test func divergingNamesTheLayerAndTheWindows() throws {
    var run = try run(epochs: 5, learningRate: 1e30)
    let model = try folder.model("start.safetensors")
    expectFailure("; not finite first: ") { _ = try run.run(from: model) }
    expectFailure(" of \(folder.path)/x.npy") { _ = try run.run(from: model) }
  }

  /// Hours of training are not thrown away for a disc that is full at the wrong moment.
  @Test func aCheckpointThatCanNotBeWrittenOnTheWayIsTriedAgainAtTheEnd() throws {
    let log = "\(folder.path)/log"
    var run = try run(epochs: 3, log: StepLog(path: log))
    let model = try folder.model("start.safetensors")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    expectFailure("m.safetensors: cannot be written: it is a folder") { _ = try run.run(from: model) }
    // 18 windows: three epochs of three steps.
    #expect(try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").count == 9)
  }

  @Test func divergingEndsTrainingAndLeavesNoBrokenCheckpoint() throws {
    var run = try run(epochs: 5, learningRate: 1e30)
    let model = try folder.model("start.safetensors")
    expectFailure("training diverged in step 2, its loss is ") { _ = try run.run(from: model) }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  @Test func divergingInTheLastStepLeavesNoBrokenCheckpointEither() throws {
    let stop = StopSignal()
    stop.request()
    var run = try run(epochs: 1, learningRate: 1e30, stop: stop)
    let model = try folder.model("start.safetensors")
    expectFailure("training diverged in epoch 1, its validation loss is ") { _ = try run.run(from: model) }
    #expect(!FileManager.default.fileExists(atPath: path))
  }

  private var statePath: String { path + ".training" }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

  /// Leaves the state of a run that was stopped after its first step.
  private func interrupt() throws {
    let stop = StopSignal()
    stop.request()
    var run = try run(epochs: 3, stop: stop, log: StepLog(path: "\(folder.path)/log"))
    _ = try run.run(from: folder.model("start.safetensors"))
    #expect(FileManager.default.fileExists(atPath: statePath))
  }

  @Test func anInterruptedRunGoesOnToTheBytesOfAnUninterruptedOne() throws {
    let whole = "\(folder.path)/whole.safetensors"
    var uninterrupted = try run(epochs: 3, to: whole)
    _ = try uninterrupted.run(from: folder.model("start.safetensors"))
    try interrupt()
    var rest = try run(epochs: 3)
    let stepsDone = try rest.resume()
    #expect(stepsDone == 1)
    rest.logs = [try StepLog(path: "\(folder.path)/log", after: stepsDone)]
    _ = try rest.run(from: folder.model("start.safetensors"))
    #expect(try bytes(path) == bytes(whole))
    #expect(!FileManager.default.fileExists(atPath: statePath), "there is nothing left to resume")
    // 18 windows: three epochs of three steps, each logged once.
    let log = try String(contentsOfFile: "\(folder.path)/log", encoding: .utf8).split(separator: "\n")
    #expect(log.count == 9)
  }

  @Test func anotherCommandOrOtherWindowsDoNotGoOn() throws {
    try interrupt()
    var other = try run(epochs: 3, command: "train --epochs 4")
    expectFailure("m.safetensors.training: was begun by another command, give the same: test") {
      _ = try other.resume()
    }
    var more = try run(epochs: 3, windows: 26)
    expectFailure("was begun with other data") { _ = try more.resume() }
    let (signals, _) = try folder.sines()
    var samples = try NumPyArray.read(path: signals).floats()
    samples[5] += 1
    try folder.array("x.npy", shape: [24, 32], samples)
    var changed = try TrainingRun(
      data: {
        var data = try DataOptions.parse(["--signals", signals, "--labels", "\(folder.path)/y.npy"])
          .trainingData(for: nil)
        data.splitValidation(share: 0.25, seed: 1)
        return data
      }(), options: TrainingOptions(), output: OutputFile(path), command: "test", parameters: 1, stop: StopSignal())
    expectFailure("was begun with other windows of windows of a NumPy file") { _ = try changed.resume() }
  }

  @Test func aDamagedStateIsToldAndNothingToResumeToo() throws {
    var run = try run(epochs: 3)
    expectFailure("m.safetensors.training: there is nothing to resume") { _ = try run.resume() }
    try folder.write("m.safetensors.training", "not a state")
    expectFailure("m.safetensors.training: is not a safetensors file") { _ = try run.resume() }
    expectFailure("an interrupted training can go on from here: give --resume") {
      try StateFile.checkAbsent(model: path)
    }
  }

  @Test func aLogThatCanNotBeWrittenEndsTraining() throws {
    var run = try run(epochs: 2, log: StepLog(path: "/dev/full"))
    let model = try folder.model("start.safetensors")
    expectFailure("/dev/full: the disc is full") { _ = try run.run(from: model) }
  }
}

struct TimeEstimateTests {
  /// Epochs of 100 s and 20 s at the end of each: 4 steps an epoch.
  @Test func stepsAndTheEndsOfEpochsAreWhatIsLeft() {
    let start = ContinuousClock.now
    var estimate = TimeEstimate(epochs: 3)
    for step in 1...4 { estimate.add(step: step, of: 12, secondsAnEpoch: 100, now: start + .seconds(25 * step)) }
    #expect(abs(estimate.secondsLeft - 200) < 1e-6, "the ends are not known yet")
    estimate.endEpoch(1, now: start + .seconds(120))
    #expect(abs(estimate.secondsLeft - 240) < 1e-6)
    estimate.add(step: 5, of: 12, secondsAnEpoch: 100, now: start + .seconds(145))
    #expect(abs(estimate.secondsLeft - (175 + 40)) < 1e-6)
    estimate.endEpoch(3, now: start + .seconds(360))
    #expect(estimate.secondsLeft == 0)
  }
}
