import Foundation
import Testing

/// A real pyzmq publisher and subscriber against the daemon of this build; `pyzmq/round_trip.py` does the work.
struct PyzmqRoundTripTests {
  private static let python = ProcessInfo.processInfo.environment["SIGSTREAMD_PYTHON"]

  @Test(
    .enabled(if: python != nil, "SIGSTREAMD_PYTHON names no interpreter with pyzmq; tools/test sets it"),
    .timeLimit(.minutes(3)),
    arguments: [
      ["tiny", "--seed", "1", "--batch", "1"],
      // In batches, whose make-up is chance.
      ["tiny", "--seed", "2", "--batch", "8"],
      ["tiny3", "--seed", "3", "--channels", "3", "--rate", "50", "--length", "64", "--hop", "48"],
    ])
  func resultsDoNotDependOnHowASignalIsCutIntoMessages(scenario: [String]) async throws {
    let tests = URL(filePath: #filePath).deletingLastPathComponent()
    let model = tests.appending(path: "../ClassifierTests/Goldens/\(scenario[0]).safetensors").standardized.path
    let script = tests.appending(path: "pyzmq/round_trip.py").path
    let outcome = try await run(
      try #require(Self.python),
      [script, "--sigstreamd", try daemonPath(), "--model", model] + scenario.dropFirst())
    #expect(outcome.code == 0, "\(outcome.output)")
  }

  /// The daemon's binary, beside the tests' own.
  private func daemonPath() throws -> String {
    let path = Bundle.main.bundleURL.appending(path: "sigstreamd").path
    try #require(FileManager.default.isExecutableFile(atPath: path), "no daemon at \(path)")
    return path
  }

  /// Runs a program to its end, without holding a thread; the output goes by way of a file, which never blocks it.
  private func run(_ program: String, _ arguments: [String]) async throws -> (code: Int32, output: String) {
    let log = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).log")
    try Data().write(to: log)
    defer { try? FileManager.default.removeItem(at: log) }
    let file = try FileHandle(forWritingTo: log)
    let process = Process()
    process.executableURL = URL(filePath: program)
    process.arguments = arguments
    process.standardOutput = file
    process.standardError = file
    let code = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int32, any Error>) in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    return (code, try String(contentsOf: log, encoding: .utf8))
  }
}
