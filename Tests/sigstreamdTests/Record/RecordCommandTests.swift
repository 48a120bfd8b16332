import Foundation
import StreamIO
import Testing

/// `sigstreamd record`, run as a program.
struct RecordCommandTests {
  @Test(.timeLimit(.minutes(5)))
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

  @Test(.timeLimit(.minutes(5)))
  func whatTheDaemonIsUnsureOfIsRecordedWithItsMarginsAndLittleElse() async throws {
    let repository = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../..").standardized
    let folder = FileManager.default.temporaryDirectory.appending(path: "record-\(UUID().uuidString)")
    try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
    defer { try? FileManager.default.removeItem(at: folder) }
    let port = 20_000 + Int.random(in: 0..<20_000)
    let example = repository.appending(path: "examples/ecg").path
    let outcome = try await ShellScript.run(
      """
      set -e
      cat > live.yaml <<END
      model: \(example)/ecg.safetensors
      feeds:
        - { name: ecg, endpoint: "tcp://127.0.0.1:\(port)", sampleRate: 360, window: { length: 1024, hop: 256 } }
      output: { endpoint: "tcp://127.0.0.1:\(port + 1)" }
      record: { path: recordings, what: uncertain, below: 0.7, margin: 1s }
      history: { path: history.sqlite }
      END
      sigstreamd run --config live.yaml & daemon=$!
      sigstreamd replay '\(example)/119' --channels MLII --endpoint tcp://127.0.0.1:\(port) --bind --speed 60 --duration 5m --wait 60s
      sleep 2
      kill $daemon
      wait $daemon
      sigstreamd history history.sqlite --json > results.jsonl
      """, in: folder, path: try PythonScript.daemonPath())
    try #require(outcome.code == 0, "\(outcome.output)")

    var (wanted, recorded) = (IndexSet(), IndexSet())
    for line in try String(contentsOf: folder.appending(path: "results.jsonl"), encoding: .utf8).split(separator: "\n")
    {
      let result = try JSONDecoder().decode(WindowResult.self, from: Data(line.utf8))
      guard let confidence = result.confidence, confidence < 0.7 else { continue }
      // 1 s is 360 samples.
      wanted.insert(integersIn: max(0, result.startSample - 360)..<min(108_000, result.endSample + 360))
    }
    var recordings = try SegmentFolder(path: folder.appending(path: "recordings/ecg").path)
    while var source = recordings.next() {
      let first = try #require(source.header.stream).firstFrame
      for (frame, sample) in try source.readAll().samples.enumerated() where sample.isFinite {
        recorded.insert(first + frame)
      }
    }
    #expect(!wanted.isEmpty)
    #expect(recorded.isSuperset(of: wanted))
    // Messages of 64 samples are kept whole: at most one more at each end of each stretch.
    #expect(recorded.count <= wanted.count + 128 * wanted.rangeView.count)
  }
}
