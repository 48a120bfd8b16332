import Foundation
import Testing

/// `sigstreamd record`, run as a program.
struct RecordCommandTests {
  @Test(.timeLimit(.minutes(2)))
  func whatAFeedSentIsWhatItsRecordingHolds() async throws {
    let repository = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
    let folder = FileManager.default.temporaryDirectory.appending(path: "record-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let record = repository.appending(path: "examples/ecg/119").path
    let endpoint = "tcp://127.0.0.1:\(20_000 + Int.random(in: 0..<20_000))"
    // Both leads, without a model and a window; the second run goes on in the folder.
    let outcome = try await ShellScript.run(
      """
      set -e
      echo 'feeds: [ { name: ecg, endpoint: "\(endpoint)", sampleRate: 360 } ]' > feeds.yaml
      sigstreamd convert '\(record)' sent.npy --to 1m
      for name in first second; do
        sigstreamd replay '\(record)' --source $name --endpoint \(endpoint) --bind --speed 60 --duration 1m --wait 60s & replay=$!
        sigstreamd record recordings --config feeds.yaml & record=$!
        wait $replay
        sleep 1
        kill $record
        wait $record
      done
      ! sigstreamd convert recordings/ecg nothing.npy
      """, in: folder, path: try PythonScript.daemonPath())
    #expect(outcome.code == 0, "\(outcome.output)")
    #expect(outcome.output.components(separatedBy: "ecg: 43200 samples in recordings/ecg, 0 lost").count == 3)
    // The message lists what there is.
    let name = try #require(outcome.output.firstMatch(of: /recordings\/ecg\/(first-[0-9T]+)/)).output.1
    let second = try await ShellScript.run(
      "sigstreamd convert 'recordings/ecg/\(name)' kept.npy && cmp sent.npy kept.npy", in: folder,
      path: try PythonScript.daemonPath())
    #expect(second.code == 0, "\(second.output)")
  }
}
