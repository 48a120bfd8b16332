import ArgumentParser
import Classifier
import Foundation
import Testing

@testable import sigstreamd

struct TrainingRecordTests {
  @Test func optionsThatDoNotChangeTheWeightsAreLeftOutInEitherSpelling() {
    let arguments = [
      "train", "--synthetic", "--model", "a.safetensors", "--seed", "2", "--threads=4", "--log", "l", "--model=b",
      "--no-shuffle", "--tensorboard", "runs", "--report=r.html",
    ]
    #expect(TrainingRecord.command(arguments) == "sigstreamd train --synthetic --seed 2 --no-shuffle")
  }

  @Test func whatOnlyBeginsLikeThemIsKept() {
    #expect(TrainingRecord.command(["train", "--log-x", "1", "--models=2"]) == "sigstreamd train --log-x 1 --models=2")
  }

  @Test func aShellTakesTheCommandBack() {
    #expect(
      TrainingRecord.command(["train", "--signals", "my data/x.npy", "--labels", "it's.npy", "--init", ""])
        == #"sigstreamd train --signals 'my data/x.npy' --labels 'it'\''s.npy' --init ''"#)
  }
}

struct EvaluationReportTests {
  private let evaluation = Evaluation(labels: ["N", "V", "Q"], truth: [0, 0, 0, 1], predicted: [0, 0, 1, 1])

  @Test func figuresAreThoseDerivedByHand() {
    // N: precision 2/2, recall 2/3, F1 0.8. V: precision 1/2, recall 1/1, F1 2/3. Q does not occur.
    let expected = """
      4 windows  accuracy 75.00 %  macro-F1 0.7333

      CLASS  PRECISION  RECALL      F1  WINDOWS
      N         1.0000  0.6667  0.8000        3
      V         0.5000  1.0000  0.6667        1
      Q         0.0000  0.0000  0.0000        0

      TRUE \\ PREDICTED  N  V  Q
      N                 2  1  0
      V                 0  1  0
      Q                 0  0  0
      """
    #expect(EvaluationReport(evaluation).text == expected)
  }

  @Test func figuresThatDoNotFitTheirClassesArePrintedAllTheSame() throws {
    let json = try JSONText.encode(evaluation).replacing(
      "\"confusion\":[[2,1,0],[0,1,0],[0,0,0]]", with: "\"confusion\":[[2,1,0,9],[7],[],[1]]")
    let foreign = try JSONDecoder().decode(Evaluation.self, from: Data(json.utf8))
    #expect(foreign.confusion.count == 4)
    #expect(EvaluationReport(foreign).text.hasSuffix("N                 2  1  0\nV                 7\nQ"))
  }
}

struct ModelInspectionTests {
  private func model() -> Model {
    Model(
      architecture: Preset.tiny.architecture(inputChannels: 2, classes: 2), labels: ["N", "V"],
      input: InputSpecification(sampleRate: 360, window: 64, normalisation: .window), seed: 1)
  }

  @Test func aModelIsToldInAFactALine() {
    let model = model()
    let lines = ModelInspection(model).text.split(separator: "\n")
    #expect(
      lines == [
        "identity        SHA-256 ", "parameters      \(model.architecture.parameterCount)",
        "backbone        channels 8 16 24 32, blocks 2 1 1 1",
        "transformer     2 layers, width 32, 2 heads, feed-forward 48", "labels          N, V",
        "input           64 samples of 2 channels, 360 Hz, normalisation window",
        "precisions      float32, bf16", "anomaly score   none: the model has no statistics",
      ])
  }

  /// Without validation windows a fifth of the training windows is held out: 3 of 15 in each class.
  @Test func fewHeldOutWindowsAreToldToGiveNoOutliers() {
    let windows = LabelledWindows(
      samples: (0..<30 * 128).map { Float($0 * $0 % 101) }, windowSamples: 64, channels: 2,
      labels: (0..<30).map { $0 % 2 })
    let scored = model().withNovelty(
      training: windows, validation: nil, seed: 1, threads: 1, group: SingleProcess())
    #expect(
      ModelInspection(scored).text.contains(
        "\nanomaly score   p-values from 6 held-out windows are 1/7 or more, so that none is called an outlier"))
  }

  @Test func itsTrainingIsTold() throws {
    var record = TrainingRecord(
      command: "sigstreamd train --synthetic",
      data: .init(name: "ten records", records: ["training": ["101", "103"], "test": ["119"]]), parameters: 1)
    record.epoch = 7
    record.test = Evaluation(labels: ["N", "V"], truth: [0, 1], predicted: [0, 1])
    var model = model()
    model.training = try JSONText.encode(record)
    let text = ModelInspection(model).text
    #expect(text.contains("\ntrained on      ten records\ncommand         sigstreamd train --synthetic\n"))
    #expect(text.contains("\nepoch kept      7\ntest            119\ntraining        101 103\n"))
    #expect(text.contains("\n\ntest part: 2 windows  accuracy 100.00 %  macro-F1 1.0000\n"))
  }

  @Test(arguments: ["", "{}", "[1]", "{\"command\":1}"])
  func anotherProgramsMetadataIsPassedOver(training: String) {
    var model = model()
    model.training = training
    #expect(ModelInspection(model).training == nil)
    #expect(!ModelInspection(model).text.contains("command"))
  }
}

struct StepLogTests {
  private let folder: DatasetFolder

  init() throws {
    folder = try DatasetFolder()
  }

  private func step(_ number: Int) throws -> TrainingStep {
    var steps: [TrainingStep] = []
    let model = try folder.model()
    var options = TrainingOptions()
    (options.epochs, options.batch) = (1, 2)
    var trainer = Trainer(model: model, options: options)
    let windows = LabelledWindows(
      samples: (0..<128).map { Float($0 % 7) }, windowSamples: 32, channels: 1, labels: [0, 1, 0, 1])
    _ = try trainer.run(training: windows, validation: nil) { event in
      if case .step(let step) = event { steps.append(step) }
    } shouldStop: {
      false
    }
    return try #require(steps.first { $0.step == number })
  }

  @Test func eachStepIsALineOfJSON() throws {
    let path = try folder.write("log.jsonl", "what was there before\n")
    let log = try StepLog(path: path)
    try log.append(step(1))
    try log.append(step(2))
    let lines = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n")
    #expect(lines.count == 2)
    let keys: Set = ["step", "epoch", "loss", "learningRate", "gradientNorm", "sequencesPerSecond"]
    for (index, line) in lines.enumerated() {
      let object = try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Double])
      #expect(Set(object.keys) == keys)
      #expect(object["step"] == Double(index + 1))
      #expect(object["epoch"] == 1)
    }
  }

  @Test func aFullDiscIsTold() throws {
    let log = try StepLog(path: "/dev/full")
    let step = try step(1)
    expectFailure("/dev/full: the disc is full") { try log.append(step) }
  }

  @Test func whatCanNotBeWrittenIsToldAtTheStart() {
    expectFailure("\(folder.path): can't be written (Is a directory)") { _ = try StepLog(path: folder.path) }
    expectFailure("/none/log: can't be written (No such file or directory): make its folder first") {
      _ = try StepLog(path: "\(folder.path)/none/log")
    }
    expectFailure("is given for two files") {
      _ = try StepLog(path: "\(folder.path)/../set/x", inputs: [nil, "\(folder.path)/x"])
    }
  }
}
