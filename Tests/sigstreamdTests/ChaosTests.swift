import Testing

/// The commands of docs/reliability.md, in short.
@Suite(.enabled(if: PythonScript.interpreter != nil, PythonScript.absence), .timeLimit(.minutes(5)))
struct ChaosTests {
  @Test(arguments: [
    ("soak", ["--minutes", "0.1"]), ("churn", ["--seconds", "2"]),
    ("faults", ["--short", "stop", "disc", "descriptors", "clock", "streams"]),
  ])
  func promisesAreKept(script: String, arguments: [String]) async throws {
    let daemon = try PythonScript.daemonPath()
    let outcome = try await PythonScript.run("../../tools/chaos/\(script)", arguments + ["--sigstreamd", daemon])
    #expect(outcome.code == 0, "\(outcome.output)")
  }
}
