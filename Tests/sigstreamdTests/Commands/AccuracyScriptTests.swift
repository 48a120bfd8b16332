import Foundation
import Testing

@Suite("tools/accuracy")
struct AccuracyScriptTests {
  /// Of made-up recordings of each kind: what is trained on and what is measured, and what a wrong folder says.
  @Test(.enabled(if: PythonScript.interpreter != nil, PythonScript.absence), .timeLimit(.minutes(5)))
  func trainsAndMeasuresEachKindOfRecordings() async throws {
    let folder = try DatasetFolder()
    let outcome = try await PythonScript.run(
      "accuracy/check_accuracy.py", ["--sigstreamd", try PythonScript.daemonPath(), "--folder", folder.path])
    #expect(outcome.code == 0, "\(outcome.output)")
  }
}
