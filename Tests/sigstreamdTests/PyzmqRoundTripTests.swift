import Foundation
import Testing

/// A real pyzmq publisher and subscriber against the daemon of this build; `pyzmq/round_trip.py` does the work.
struct PyzmqRoundTripTests {
  @Test(
    .enabled(if: PythonScript.interpreter != nil, PythonScript.absence),
    .timeLimit(.minutes(5)),
    arguments: [
      ["tiny", "--seed", "1", "--batch", "1"],
      // In batches, whose make-up is chance.
      ["tiny", "--seed", "2", "--batch", "8"],
      ["tiny3", "--seed", "3", "--channels", "3", "--rate", "50", "--length", "64", "--hop", "48"],
    ])
  func resultsDoNotDependOnHowASignalIsCutIntoMessages(scenario: [String]) async throws {
    try await run("pyzmq/round_trip.py", scenario)
  }

  /// The same signal as Open Ephys, GNU Radio and others would send it; `pyzmq/formats.py` does the work.
  @Test(
    .enabled(if: PythonScript.interpreter != nil, PythonScript.absence),
    .timeLimit(.minutes(5)),
    arguments: [
      ["tiny", "--seed", "1"],
      ["tiny3", "--seed", "2", "--channels", "3", "--rate", "50", "--length", "64", "--hop", "48"],
    ])
  func resultsDoNotDependOnTheFormatOfMessages(scenario: [String]) async throws {
    try await run("pyzmq/formats.py", scenario)
  }

  /// - Parameter scenario: the name of a model among the goldens, and the script's options.
  private func run(_ script: String, _ scenario: [String]) async throws {
    let tests = URL(filePath: #filePath).deletingLastPathComponent()
    let model = tests.appending(path: "../ClassifierTests/Goldens/\(scenario[0]).safetensors").standardized.path
    let outcome = try await PythonScript.run(
      script, ["--sigstreamd", try PythonScript.daemonPath(), "--model", model] + scenario.dropFirst())
    #expect(outcome.code == 0, "\(outcome.output)")
  }
}
