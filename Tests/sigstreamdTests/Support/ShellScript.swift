import Foundation

/// Lines of a shell that tests run against this build.
enum ShellScript {
  /// Runs lines of Bash to their end, without holding a thread; the output goes by way of a file, which never blocks it.
  ///
  /// - Parameters:
  ///   - folder: where they run.
  ///   - path: the program that `sigstreamd` means.
  static func run(_ lines: String, in folder: URL, path: String) async throws -> (code: Int32, output: String) {
    let log = folder.appending(path: "output.log")
    try Data().write(to: log)
    let file = try FileHandle(forWritingTo: log)
    let process = Process()
    process.executableURL = URL(filePath: "/bin/bash")
    // What a failure leaves running must not outlive it.
    process.arguments = ["-c", "trap 'kill $(jobs -p) 2>/dev/null || true' EXIT\n\(lines)"]
    process.currentDirectoryURL = folder
    process.environment = ProcessInfo.processInfo.environment.merging(
      [
        "PATH":
          "\(URL(filePath: path).deletingLastPathComponent().path):\(ProcessInfo.processInfo.environment["PATH"] ?? "")",
        "XDG_CACHE_HOME": folder.appending(path: "cache").path,
      ], uniquingKeysWith: { $1 })
    process.standardOutput = file
    process.standardError = file
    let code = try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Int32, any Error>) in
      process.terminationHandler = { continuation.resume(returning: $0.terminationStatus) }
      do { try process.run() } catch { continuation.resume(throwing: error) }
    }
    return (code, try String(contentsOf: log, encoding: .utf8))
  }
}
