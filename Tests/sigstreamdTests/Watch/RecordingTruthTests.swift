import Foundation
import StreamIO
import Testing

@testable import sigstreamd

struct RecordingTruthTests {
  private static let dataset = """
    recordings: [ "119.hea" ]
    labels:
      classes: { N: [N], V: [V] }
      rule: worst
      priority: [V, N]
    windows: { length: 1024, hop: 256 }
    """

  private static func recording(_ annotations: [Annotation]) -> Recording {
    Recording(
      name: "119", path: "119", sampleRateHz: 360, channels: [.init(name: "MLII", units: "mV")],
      samples: [Float](repeating: 0, count: 4096), annotations: annotations)
  }

  private static func truth(_ recording: Recording, dataset: String = dataset) throws -> RecordingTruth {
    let path = FileManager.default.temporaryDirectory.appending(path: "truth-\(UUID().uuidString).yaml").path
    defer { try? FileManager.default.removeItem(atPath: path) }
    try dataset.write(toFile: path, atomically: true, encoding: .utf8)
    return try RecordingTruth(recording, datasetPath: path)
  }

  @Test func windowsHaveTheLabelsOfTheDataset() throws {
    let truth = try Self.truth(
      Self.recording([
        Annotation(sample: 100, symbol: "N"), Annotation(sample: 1100, symbol: "V"),
        Annotation(sample: 1200, symbol: "N"),
      ]))
    #expect(truth.labels == ["N", "V"])
    #expect(truth.label(of: .sample(0)) == "N")
    #expect(truth.label(of: .sample(1)) == "V")
    #expect(truth.label(of: .sample(8)) == nil)
  }

  @Test func marginsCountSamplesAtTheDatasetsRate() throws {
    let dataset = """
      recordings: [ "119.hea" ]
      resample: 90
      labels: { classes: { N: [N], V: [V] }, rule: worst, priority: [V, N], margin: 24 }
      windows: { length: 256 }
      """
    // 24 samples at 90 Hz are 96 of the recording's.
    for (sample, label) in [(91, "N"), (101, "V"), (923, "V"), (933, "N")] {
      let annotations = [Annotation(sample: sample, symbol: "V"), Annotation(sample: 500, symbol: "N")]
      let truth = try Self.truth(Self.recording(annotations.sorted { $0.sample < $1.sample }), dataset: dataset)
      #expect(truth.label(of: .sample(0)) == label, "\(sample)")
    }
  }

  @Test(arguments: [(-1, 100), (0, 0), (10, 5), (4000, 4097), (Int.max - 1, .max), (.min, .max)])
  func windowsThatTheRecordingDoesNotHaveHaveNoLabel(start: Int, end: Int) throws {
    let truth = try Self.truth(Self.recording((0..<4096).map { Annotation(sample: $0, symbol: "N") }))
    var result = WindowResult.sample(0)
    (result.startSample, result.endSample) = (start, end)
    #expect(truth.label(of: result) == nil)
  }

  @Test func recordingWithoutAnnotationsIsRefused() {
    let error = #expect(throws: FileError.self) { try Self.truth(Self.recording([])) }
    #expect(error?.message.hasPrefix("has no annotations to compare with") == true)
  }
}
