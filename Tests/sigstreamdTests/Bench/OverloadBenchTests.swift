import Testing

@testable import sigstreamd

@Suite struct OverloadBenchTests {
  /// No assertion on ages or rates, which the machine's other work decides.
  @Test(.timeLimit(.minutes(5))) func everyWindowIsAccountedFor() throws {
    let bench = OverloadBench(
      model: nil, batch: 8, workers: 1, streams: 8, load: 3, deadline: .milliseconds(100), seconds: 1,
      windowSeconds: 0.002)
    let result = try bench.run()
    #expect(result.checks.count == 6)
    let conservation = try #require(result.checks.last)
    #expect(conservation.isKept, "\(conservation.seen)")
  }

  @Test func fairnessIsThatOfItsDefinition() {
    #expect(jainIndex([3, 3, 3]) == 1)
    #expect(jainIndex([5, 0, 0, 0]) == 0.25)
    // (1 + 2 + 3)² / (3 · 14)
    #expect(abs(jainIndex([1, 2, 3]) - 36.0 / 42) < 1e-12)
    #expect(jainIndex([]) == 0)
  }
}
