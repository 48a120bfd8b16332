import Classifier
import StreamIO
import Testing

@testable import sigstreamd

private func expectError(_ part: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void) {
  let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) { try body() }
  let description = error.map { "\($0)" } ?? ""
  #expect(description.contains(part), "expected '\(part)' in '\(description)'", sourceLocation: sourceLocation)
}

/// 20 frames of 0, 1, 2, …, offset by `base`.
private func ramp(_ base: Int16 = 0, frames: Int16 = 20) -> [Int16] { (0..<frames).map { base + $0 } }

@Test func windowsAreCutEveryHopAndLabelledByTheirAnnotations() throws {
  let folder = try DatasetFolder()
  try folder.record("a", samples: ramp(), annotations: [(2, 1), (9, 5), (10, 5), (17, 1)])
  let dataset = try Dataset.load(folder.dataset())
  // Frames 0..<8 N, 4..<12 V (twice), 8..<16 V, 12..<20 N.
  #expect(dataset.training.labels == [0, 1, 1, 0])
  let expected = [0, 4, 8, 12].flatMap { start in (start..<start + 8).map { Float($0) } }
  #expect(dataset.training.samples == expected)
  #expect(dataset[.training].sources.map(\.startSample) == [0, 4, 8, 12])
  #expect(dataset[.training].sources.allSatisfy { $0.record == "a" })
  #expect(dataset.training.windowSamples == 8)
  #expect(dataset.sampleRateHz == 100)
  #expect(dataset.channels == ["MLII"])
  #expect(dataset.labels == ["N", "V"])
  #expect(dataset.validation.count == 0)
}

@Test func windowsWithoutALabelOrWithMissingSamplesAreLeftOutAndCounted() throws {
  let folder = try DatasetFolder()
  var samples = ramp(frames: 24)
  samples[13] = .min
  // 0..<8 N; 4..<12 nothing; 8..<16 missing, N; 12..<20 missing, N; 16..<24 N
  try folder.record("a", samples: samples, annotations: [(2, 1), (9, 28), (15, 1), (18, 1)])
  let dataset = try Dataset.load(folder.dataset())
  #expect(dataset[.training].sources.map(\.startSample) == [0, 16])
  #expect(dataset[.training].unlabelled == 1)
  #expect(dataset[.training].incomplete == 2)
  let description = try dataset.trainingData(for: nil).description
  #expect(description.leftOut.values.sorted() == [1, 2])
}

@Test func wholeRecordsGoToTheirPart() throws {
  let folder = try DatasetFolder()
  for (index, name) in ["a", "b", "c", "d", "e"].enumerated() {
    try folder.record(name, samples: ramp(Int16(index) * 100, frames: 8), annotations: [(2, index % 2 == 0 ? 1 : 5)])
  }
  let dataset = try Dataset.load(
    folder.dataset("exclude: [ e ]", "split: { validation: [ b ], test: [ c ] }", "name: five records"))
  #expect(dataset[.training].records == ["a", "d"])
  #expect(dataset.training.labels == [0, 1])
  #expect(dataset.training.samples[8] == 300)
  #expect(dataset.validation.labels == [1])
  #expect(dataset.test.samples.first == 200)
  let data = try dataset.trainingData(for: nil)
  #expect(data.description.name == "five records")
  #expect(data.description.records == ["training": ["a", "d"], "validation": ["b"], "test": ["c"]])
  #expect(data.counts()["training"] == ["N": 1, "V": 1])
  #expect(data.sampleRateHz == 100)
}

@Test func channelsAreTakenByNameWhereverTheyStand() throws {
  let folder = try DatasetFolder()
  try folder.record("a", channels: ["MLII", "V1"], samples: ramp(frames: 16), annotations: [(2, 1)])
  try folder.record("b", channels: ["V5", "MLII"], samples: ramp(100, frames: 16), annotations: [(2, 5)])
  let dataset = try Dataset.load(folder.dataset("channels: [ MLII ]"))
  #expect(dataset.training.channels == 1)
  let expected = (0..<8).map { Float(2 * $0) } + (0..<8).map { Float(101 + 2 * $0) }
  #expect(dataset.training.samples == expected)
  expectError("b.hea: no channel 'V1': the channels are 0 'V5', 1 'MLII'") {
    _ = try Dataset.load(folder.dataset("channels: [ MLII, V1 ]"))
  }
  expectError("b.hea: has the channels V5, MLII, the recording before it (a) has MLII, V1") {
    _ = try Dataset.load(folder.dataset())
  }
}

@Test func recordingsHaveToAgreeInRateAndBeAnnotated() throws {
  let folder = try DatasetFolder()
  try folder.record("a", samples: ramp(), annotations: [(2, 1)])
  try folder.record("b", rate: 250, samples: ramp(), annotations: [(2, 1)])
  expectError("b.hea: has 250 samples a second, the recording before it (a) has 100") {
    _ = try Dataset.load(folder.dataset())
  }
  try folder.record("c", samples: ramp(), annotations: nil)
  expectError("c.hea: has no annotations") { _ = try Dataset.load(folder.dataset("exclude: [ b ]")) }
  expectError("'exclude' leaves no recording") { _ = try Dataset.load(folder.dataset("exclude: [ a, b, c ]")) }
}

@Test func patternsAreRelativeToTheDatasetFile() throws {
  // A folder whose name looks like a pattern.
  let folder = try DatasetFolder(name: "a[b]*")
  try folder.record("a", samples: ramp(), annotations: [(2, 1)])
  try folder.record("deep/b", samples: ramp(), annotations: [(2, 1)])
  #expect(try Dataset.load(folder.dataset("recordings: [ a, \"deep/*.hea\" ]"))[.training].records == ["a", "b"])
  #expect(
    try Dataset.load(folder.dataset("recordings: [ \"a.*\" ]"))[.training].records == ["a"], "files of one record")
  #expect(try Dataset.load(folder.dataset("recordings: [ \"\(folder.path)/a\" ]"))[.training].records == ["a"])
  expectError("dataset.yaml:3: recordings[1]: nothing matches '*.x'") {
    _ = try Dataset.load(folder.dataset("recordings: [ a, \"*.x\" ]"))
  }
}

@Test func namesOfRecordingsHaveToBeOfOneThatIsThere() throws {
  let folder = try DatasetFolder()
  try folder.record("119", samples: ramp(), annotations: [(2, 1)])
  try folder.record("more/119", samples: ramp(), annotations: [(2, 1)])
  expectError("split.test[0]: no recording is named '191': did you mean '119'?") {
    _ = try Dataset.load(folder.dataset("split: { test: [ \"191\" ] }"))
  }
  expectError("exclude[0]: no recording is named 'x': check the name") {
    _ = try Dataset.load(folder.dataset("exclude: [ x ]"))
  }
  try folder.record("deep/more/119", samples: ramp(), annotations: [(2, 1)])
  expectError("two recordings are named 'more/119'") {
    _ = try Dataset.load(folder.dataset("recordings: [ \"*/*.hea\", \"*/*/*.hea\" ]"))
  }
}

@Test func aModelsOrderOfClassesHolds() throws {
  let folder = try DatasetFolder()
  try folder.record("a", samples: ramp(), annotations: [(2, 1), (9, 5), (10, 5), (17, 1)])
  let dataset = try Dataset.load(folder.dataset())
  func model(labels: [String], channels: Int = 1, window: Int = 8, rate: Double = 100) -> Model {
    let architecture = Preset.tiny.architecture(inputChannels: channels, classes: labels.count)
    let input = InputSpecification(sampleRate: rate, window: window, normalisation: .window)
    return Model(architecture: architecture, labels: labels, input: input, seed: 1)
  }
  let data = try dataset.trainingData(for: model(labels: ["V", "S", "N"]))
  #expect(data.labels == ["V", "S", "N"])
  #expect(data.training.labels == [2, 0, 0, 2])
  expectError("the class 'V', the model has N, S") { _ = try dataset.trainingData(for: model(labels: ["N", "S"])) }
  expectError("1 channels, the model takes 2") {
    _ = try dataset.trainingData(for: model(labels: ["N", "V"], channels: 2))
  }
  expectError("windows of 8 samples, the model takes 16") {
    _ = try dataset.trainingData(for: model(labels: ["N", "V"], window: 16))
  }
  expectError("100 samples a second, the model takes 50") {
    _ = try dataset.trainingData(for: model(labels: ["N", "V"], rate: 50))
  }
  #expect(try dataset.trainingData(for: model(labels: ["N", "V"], rate: 0)).training.labels == [0, 1, 1, 0])
}
