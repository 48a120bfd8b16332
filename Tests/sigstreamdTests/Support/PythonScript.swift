import Foundation
import Testing

/// Python programs that tests run against this build.
enum PythonScript {
  /// The interpreter of `TESTS_PYTHON`, which `tools/test` sets; nil: there is none with the packages needed.
  static let interpreter = ProcessInfo.processInfo.environment["TESTS_PYTHON"]

  /// Why a test that needs it does not run.
  static let absence: Comment = "TESTS_PYTHON names no interpreter with the tests' packages; tools/test sets it"

  /// The daemon's binary, beside the tests' own.
  static func daemonPath() throws -> String {
    let path = Bundle.main.bundleURL.appending(path: "sigstreamd").path
    try #require(FileManager.default.isExecutableFile(atPath: path), "no daemon at \(path)")
    return path
  }

  /// Runs a script to its end, without holding a thread; the output goes by way of a file, which never blocks it.
  ///
  /// - Parameter script: relative to the folder of this target's tests.
  static func run(_ script: String, _ arguments: [String]) async throws -> (code: Int32, output: String) {
    let tests = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    let log = FileManager.default.temporaryDirectory.appending(path: "\(UUID().uuidString).log")
    try Data().write(to: log)
    defer { try? FileManager.default.removeItem(at: log) }
    let file = try FileHandle(forWritingTo: log)
    let process = Process()
    process.executableURL = URL(filePath: try #require(interpreter))
    process.arguments = [tests.appending(path: script).path] + arguments
    process.standardOutput = file
    process.standardError = file
    let code = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int32, any Error>) in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    return (code, try String(contentsOf: log, encoding: .utf8))
  }
}
