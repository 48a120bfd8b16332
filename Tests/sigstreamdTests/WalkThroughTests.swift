import Classifier
import Foundation
import Testing

/// Runs the lines of docs/learning.md in a folder of their own, with this build.
struct WalkThroughTests {
  @Test(.timeLimit(.minutes(5)))
  func theWayFromALiveFeedToABetterModelIsAsDocumented() async throws {
    let repository = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardized
    let text = try String(contentsOf: repository.appending(path: "docs/learning.md"), encoding: .utf8)
    let lines = try #require(text.firstMatch(of: /(?s)```sh\n(.*?)```/)).output.1
    let folder = FileManager.default.temporaryDirectory.appending(path: "walk-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    try FileManager.default.createSymbolicLink(
      at: folder.appending(path: "examples"), withDestinationURL: repository.appending(path: "examples"))
    // Ports of its own.
    let port = 20_000 + Int.random(in: 0..<20_000)
    let script =
      "set -e\n"
      + lines.replacing("127.0.0.1:5555", with: "127.0.0.1:\(port)").replacing(
        "127.0.0.1:5556", with: "127.0.0.1:\(port + 1)")
    let outcome = try await ShellScript.run(String(script), in: folder, path: try PythonScript.daemonPath())
    try #require(outcome.code == 0, "\(outcome.output)")

    func count(_ name: String) throws -> Int {
      try String(contentsOf: folder.appending(path: name), encoding: .utf8).split(separator: "\n").count
    }
    // Five minutes at 360 Hz: 1 + (108000 - 1024) / 256 windows; of the second daemon's results, those asked for.
    let results = try (count("results.jsonl"), count("after.jsonl"))
    #expect(results == (418, 100))
    let better = try Model.load(path: folder.appending(path: "better.safetensors").path)
    let after = try String(contentsOf: folder.appending(path: "after.jsonl"), encoding: .utf8)
    #expect(after.split(separator: "\n").allSatisfy { $0.contains("\"model\":\"\(better.identity.prefix(16))\"") })
    #expect(outcome.output.contains("418 results"))
    // Every doubtful window got a label, so that all that was recorded has one.
    let names = try FileManager.default.contentsOfDirectory(atPath: folder.appending(path: "recordings/ecg").path)
    let table = try #require(names.first { $0.hasSuffix(".labels.csv") })
    let intervals = try String(contentsOf: folder.appending(path: "recordings/ecg/\(table)"), encoding: .utf8)
      .split(separator: "\n").dropFirst().map { $0.split(separator: ",").prefix(2).compactMap { Int($0) } }
    #expect(intervals.reduce(0) { $0 + $1[1] - $1[0] } == 1024 + 417 * 256)
  }
}
