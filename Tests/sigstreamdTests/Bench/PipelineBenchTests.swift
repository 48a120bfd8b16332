import Testing

@testable import sigstreamd

@Suite struct PipelineBenchTests {
  // Messages that complete a window each, several, and less than one.
  @Test(arguments: [nil, 1000, 100])
  func everyWindowComesBackAndEveryThreadIsAccountedFor(message: Int?) throws {
    let bench = PipelineBench(
      model: nil, batch: 4, workers: 2, streams: 3, messageFrames: message, load: 0.5, seconds: 0.02)
    let result = try bench.run()
    #expect(result.windows.formed > 0 && result.windows.formed == result.windows.published)
    #expect(result.windows.received == result.windows.published)
    #expect(result.windows.expired == 0 && result.windows.dropped == 0)
    #expect(result.windows.lost == 0 && result.windows.unreadable == 0)
    let roles: Set = [
      "others", "feed", "workers", "publisher of results", "subscriber", "publisher of samples", "ZeroMQ",
    ]
    // Other tests' threads may live in this process, under other names.
    #expect(roles.isSubset(of: result.capacity.cores.keys))
    #expect(result.inferenceWindowsPerSecond == nil && result.text.hasPrefix("no model"))
  }
}
