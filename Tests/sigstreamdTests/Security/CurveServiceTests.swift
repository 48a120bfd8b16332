import Foundation
import Testing

/// pyzmq clients with and without keys against the daemon of this build; `pyzmq/curve.py` does the work.
struct CurveServiceTests {
  private let model = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .appending(path: "../ClassifierTests/Goldens/tiny.safetensors").standardized.path
  private let daemon = Bundle.main.bundleURL.appending(path: "sigstreamd").path

  /// `tools/chaos/security`, a second for each kind of stranger.
  @Test(.enabled(if: PythonScript.interpreter != nil, PythonScript.absence), .timeLimit(.minutes(5)))
  func strangersDoNoHarm() async throws {
    let outcome = try await PythonScript.run(
      "../../tools/chaos/security", ["--seconds", "1", "--sigstreamd", daemon, "--model", model])
    #expect(outcome.code == 0, "\(outcome.output)")
  }

  @Test(.enabled(if: PythonScript.interpreter != nil, PythonScript.absence), .timeLimit(.minutes(5)))
  func onlyAllowedClientsAreServedAndTheListIsReadAnew() async throws {
    let outcome = try await PythonScript.run("pyzmq/curve.py", ["--sigstreamd", daemon, "--model", model])
    #expect(outcome.code == 0, "\(outcome.output)")
  }
}
