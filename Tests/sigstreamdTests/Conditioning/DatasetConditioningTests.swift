import ArgumentParser
import Classifier
import Foundation
import StreamIO
import Testing
import Windowing

@testable import sigstreamd

/// `filters` and `resample` of dataset files.
struct DatasetConditioningTests {
  /// The same seconds, at 100 and at 200 Hz: a slow wave, and a V in its fourth second.
  private func folder() throws -> DatasetFolder {
    let folder = try DatasetFolder()
    for (name, rate) in [("a", 100.0), ("b", 200.0)] {
      let samples = (0..<Int(rate * 8)).map { Int16((1000 * sin(2 * .pi * 1.3 * Double($0) / rate)).rounded()) }
      try folder.record(name, rate: rate, samples: samples, annotations: [(Int(rate), 1), (Int(3.5 * rate), 5)])
    }
    return folder
  }

  private func write(_ folder: DatasetFolder, _ lines: String...) throws -> String {
    try folder.write(
      "dataset.yaml",
      (["recordings: [ \"*.hea\" ]", "labels: { classes: { N: [ N ], V: [ V ] } }", "windows: { length: 80, hop: 40 }"]
        + lines).joined(separator: "\n"))
  }

  @Test func recordingsOfSeveralRatesAreBroughtToOne() throws {
    let folder = try folder()
    let dataset = try Dataset.load(write(folder, "resample: 80Hz"))
    #expect(dataset.sampleRateHz == 80)
    #expect(dataset[.training].frames == 2 * 640)
    // Windows of a second each half of one: those with second 1 are N, those with 3.5 are V.
    let starts = dataset[.training].sources.map(\.startSample)
    #expect(starts == [40, 80, 240, 280, 40, 80, 240, 280])
    #expect(dataset.training.labels == [0, 0, 1, 1, 0, 0, 1, 1])
    // Both recordings are the same wave, which is known at any time.
    let half = dataset.training.samples.count / 2
    for (index, (a, b)) in zip(dataset.training.samples[..<half], dataset.training.samples[half...]).enumerated() {
      let time = Double(starts[index / 80] + index % 80) / 80
      // The files' numbers are rounded to whole ones.
      #expect(abs(Double(a) - 1000 * sin(2 * .pi * 1.3 * time)) < 1.5 && abs(a - b) < 2)
    }
  }

  @Test func filtersComeBeforeTheRateAndAreRecorded() throws {
    let folder = try folder()
    let path = try write(folder, "resample: 80", "filters: [ { highpass: 2Hz, order: 2 } ]", "exclude: [ b ]")
    let dataset = try Dataset.load(path)
    let recording = try RecordingReader.read(path: "\(folder.path)/a")
    let conditioning = try #require(
      try SignalConditioning(from: 100, to: 80, filters: [.highpass(2, order: 2)]))
    let whole = conditioning.condition(recording.samples, channels: 1, maskedFrames: []).samples
    #expect(dataset.training.samples == [40, 80, 240, 280].flatMap { Array(whole[$0..<$0 + 80]) })
    #expect(try dataset.trainingData(for: nil).filters == [.highpass(2, order: 2)])
  }

  @Test func aRateIsNeeded() throws {
    let folder = try DatasetFolder()
    try folder.array("x.npy", shape: [400], [Float](repeating: 1, count: 400))
    let text = """
      recordings: [ x.npy ]
      labels: { from: file, classes: [ x, y ] }
      windows: { length: 80 }
      filters: [ { highpass: 2Hz } ]
      """
    let path = try folder.write("dataset.yaml", text)
    expectFailure("x.npy: has no rate to filter or resample it by: give one with 'sampleRate'") {
      _ = try Dataset.load(path)
    }
    #expect(try Dataset.load(folder.write("dataset.yaml", text + "\nsampleRate: 100")).training.count == 17)
  }

  private func model(rate: Double, filters: String? = nil) -> Model {
    var input = InputSpecification(sampleRate: rate, window: 80, normalisation: .window)
    input.filters = filters
    return Model(
      architecture: Preset.tiny.architecture(inputChannels: 1, classes: 2), labels: ["N", "V"], input: input, seed: 1)
  }

  @Test func whatTheFileLeavesOpenIsTheModels() throws {
    let folder = try folder()
    let own = try write(folder, "resample: 80", "filters: [ { highpass: 2Hz } ]")
    let expected = try Dataset.load(own).training.samples
    let options = try DataOptions.parse(["--no-cache", "--dataset", try write(folder)])
    let model = model(rate: 80, filters: "[ { highpass: 2Hz, order: 2 } ]")
    #expect(try options.trainingData(for: model).training.samples == expected)
    _ = try write(folder, "filters: [ { highpass: 3Hz } ]")
    expectFailure("has other filters than the model, whose samples were filtered by [ { highpass: 2Hz, order: 2 } ]") {
      _ = try options.trainingData(for: model)
    }
    _ = try write(folder, "resample: 100")
    expectFailure("has 100 samples a second, the model takes 80: write 'resample: 80', or leave it out") {
      _ = try options.trainingData(for: model)
    }
  }

  @Test func aModelsFiltersSurviveItsFile() throws {
    let folder = try DatasetFolder()
    let path = "\(folder.path)/m.safetensors"
    _ = try model(rate: 80, filters: "[ { notch: 20Hz, q: 30 } ]").save(path: path)
    #expect(try Model.load(path: path).filters(path: path) == [.notch(20, q: 30)])
    _ = try model(rate: 80, filters: "[ { comb: 20Hz } ]").save(path: path)
    expectFailure("m.safetensors: the model's filters are '[ { comb: 20Hz } ]', which can't be read") {
      _ = try Model.load(path: path).filters(path: path)
    }
  }
}
