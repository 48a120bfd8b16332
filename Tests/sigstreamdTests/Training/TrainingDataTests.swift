import ArgumentParser
import Classifier
import Testing

@testable import sigstreamd

/// Where windows come from and how they are split.
struct TrainingDataTests {
  private func data(_ labels: [Int]) -> TrainingData {
    let windows = LabelledWindows(
      samples: labels.indices.flatMap { n in [Float](repeating: Float(n), count: 8) }, windowSamples: 8, channels: 1,
      labels: labels)
    return TrainingData(
      training: windows, validation: nil, test: nil, labels: ["a", "b"], sampleRateHz: 0,
      description: .init(name: "made"), sources: .numbered("x.npy"))
  }

  private func first(_ windows: LabelledWindows?) -> [Float] {
    guard let windows else { return [] }
    return stride(from: 0, to: windows.samples.count, by: 8).map { windows.samples[$0] }
  }

  @Test func validationTakesItsShareOfEachClassAndEachWindowOnce() {
    let labels = Array(repeating: 0, count: 40) + Array(repeating: 1, count: 10)
    var data = data(labels)
    data.splitValidation(share: 0.2, seed: 3)
    #expect(data.validation?.labels.count { $0 == 0 } == 8)
    #expect(data.validation?.labels.count { $0 == 1 } == 2)
    #expect((first(data.training) + first(data.validation)).sorted() == labels.indices.map { Float($0) })
    #expect(data.counts() == ["training": ["a": 32, "b": 8], "validation": ["a": 8, "b": 2]])
    #expect(data.parts.map(\.name) == ["training", "validation"])
  }

  @Test func validationDependsOnTheSeedAlone() {
    func validation(_ seed: UInt64) -> [Float] {
      var data = data((0..<40).map { $0 % 2 })
      data.splitValidation(share: 0.25, seed: seed)
      return first(data.validation)
    }
    #expect(validation(1) == validation(1))
    #expect(validation(1) != validation(2))
  }

  @Test func aValidationPartThatIsThereStays() {
    var data = data([0, 1, 0, 1])
    data.validation = data.training.subset([2])
    data.splitValidation(share: 0.5, seed: 1)
    #expect(data.training.count == 4)
    #expect(data.validation?.count == 1)
  }

  @Test func recordingsThatAModelWasTrainedOnAreNamed() throws {
    var data = data([0, 1])
    data.description.records = ["training": ["z"], "validation": ["y"], "test": ["a", "b", "c", "d", "e"]]
    var model = Model(
      architecture: Preset.tiny.architecture(inputChannels: 1, classes: 2), labels: ["a", "b"],
      input: InputSpecification(sampleRate: 0, window: 8, normalisation: .window), seed: 1)
    #expect(data.leak(of: .test, to: model, called: "it") == nil, "its file doesn't tell")
    let records = ["training": ["c", "a", "e", "d", "x"], "validation": ["b", "y"]]
    model.training = try JSONText.encode(
      TrainingRecord(command: "", data: .init(name: "", records: records), parameters: 1))
    #expect(
      data.leak(of: .test, to: model, called: "it")
        == "it was trained on 4 of 5 test recordings (a, c, d and 1 more), which flatters the figures there: name "
        + "others in split.test")
    #expect(data.leak(of: .validation, to: model, called: "it") == nil)
  }

  @Test func noShareLeavesNoValidationPart() {
    var data = data([0, 1, 0, 1])
    data.splitValidation(share: 0, seed: 1)
    #expect(data.validation == nil)
    #expect(data.part(.validation) == nil)
    #expect(data.part(.training)?.count == 4)
  }

  @Test func aClassOfOneWindowStaysInTraining() {
    var data = data([0, 1])
    data.splitValidation(share: 0.9, seed: 1)
    #expect(data.training.count == 2)
    #expect(data.validation?.count == 0)
    #expect(data.parts.map(\.name) == ["training"])
  }

  @Test func theDemonstrationHoldsOutAFifthForTesting() {
    let data = TrainingData.synthetic(seed: 1)
    #expect((data.training.count, data.test?.count) == (800, 200))
    #expect(Set(data.counts()["test"]?.values ?? [:].values) == [20])
  }
}

/// `--signals`, `--labels` and `--dataset`.
struct DataOptionsTests {
  private let folder: DatasetFolder

  init() throws {
    folder = try DatasetFolder()
  }

  @Test func filesBecomeOneSetWhoseClassesAreNamedByTheirNumbers() throws {
    let (signals, labels) = try folder.sines()
    let data = try DataOptions.parse(["--signals", signals, "--labels", labels]).trainingData(for: nil)
    #expect(data.labels == ["3", "5"])
    #expect(data.training.labels == (0..<24).map { $0 % 2 })
    #expect((data.training.windowSamples, data.training.channels) == (32, 1))
    #expect(data.validation == nil)
  }

  @Test func aModelsClassesChannelsAndLengthHold() throws {
    let (signals, labels) = try folder.sines()
    let options = try DataOptions.parse(["--signals", signals, "--labels", labels])
    let data = try options.trainingData(for: folder.model(labels: ["5", "4", "3"], rate: 250))
    #expect(data.labels == ["5", "4", "3"])
    #expect(data.training.labels.prefix(2) == [2, 0])
    #expect(data.sampleRateHz == 250)
    expectFailure("x.npy: has 1 channel, the model takes 2") {
      _ = try options.trainingData(for: folder.model(channels: 2))
    }
    expectFailure("y.npy: holds the class 5, the model has 3, 4") {
      _ = try options.trainingData(for: folder.model(labels: ["3", "4"]))
    }
    let short = try folder.array("short.npy", shape: [24, 8], [Float](repeating: 0, count: 192))
    expectFailure("short.npy: has windows of 8 samples, the model takes 32") {
      _ = try DataOptions.parse(["--signals", short, "--labels", labels]).trainingData(for: folder.model())
    }
  }

  @Test func evaluationTakesAllSignalsOrOnePartOfADataset() throws {
    let (signals, labels) = try folder.sines()
    let options = try DataOptions.parse(["--signals", signals, "--labels", labels])
    #expect(try options.evaluationWindows(for: folder.model(), part: .test).count == 24)
    try folder.record("a", samples: (0..<96).map { Int16($0) }, annotations: [(2, 1), (40, 5), (70, 1)])
    let dataset = try folder.write(
      "set.yaml",
      "recordings: [ a ]\nlabels: { classes: { N: [ N ], V: [ V ] } }\nwindows: { length: 32, hop: 32 }\n")
    let model = try folder.model(labels: ["N", "V"], rate: 100)
    let cut = try DataOptions.parse(["--no-cache", "--dataset", dataset])
    #expect(try cut.evaluationWindows(for: model, part: .training).labels == [0, 1, 0])
    expectFailure("no windows in the test part: name another with --split") {
      _ = try cut.evaluationWindows(for: model, part: .test)
    }
  }

  @Test func theWindowsOfEachPartAreNamedByTheirRecords() throws {
    for name in ["a", "b"] {
      try folder.record(name, samples: (0..<96).map { Int16($0) }, annotations: [(2, 1), (40, 5), (70, 1)])
    }
    let dataset = try folder.write(
      "set.yaml",
      "recordings: [ a, b ]\nlabels: { classes: { N: [ N ], V: [ V ] } }\nwindows: { length: 32, hop: 32 }\n"
        + "split: { test: [ b ] }\n")
    let part = try DataOptions.parse(["--no-cache", "--dataset", dataset]).evaluationPart(
      for: folder.model(labels: ["N", "V"], rate: 100), part: .test)
    #expect(part.name == "Test part" && part.windows.labels == [0, 1, 0])
    #expect(part.sources.text([part.windows.origins[1]]) == "record b from sample 32 (0.3 s)")
  }
}
