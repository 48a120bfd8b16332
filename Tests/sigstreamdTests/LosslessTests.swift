import Foundation
import Testing

/// Nothing is lost, with the built daemon and Python at the other ends.
@Suite(.enabled(if: PythonScript.interpreter != nil, PythonScript.absence), .timeLimit(.minutes(5)))
struct LosslessTests {
  private var model: String {
    URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../ClassifierTests/Goldens/tiny.safetensors").standardized.path
  }

  /// The command of docs/reliability.md, in short.
  @Test func aDaemonKilledAtRandomPointsLosesNothingThatItAcknowledged() async throws {
    let outcome = try await PythonScript.run(
      "../../tools/chaos/kill", ["--kills", "4", "--seed", "7", "--sigstreamd", try PythonScript.daemonPath()])
    #expect(outcome.code == 0, "\(outcome.output)")
  }

  @Test func aSubscriberThatWasAwayGetsWhatItMissedFromTheHistory() async throws {
    let outcome = try await PythonScript.run(
      "pyzmq/history.py", ["--sigstreamd", try PythonScript.daemonPath(), "--model", model])
    #expect(outcome.code == 0, "\(outcome.output)")
  }
}
