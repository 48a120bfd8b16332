import Testing

@testable import sigstreamd

/// Loads against capacities that are worked out by hand.
struct CapacityTests {
  /// `a`: 1000 Hz, a window every 250 samples: 4 windows/s a stream; `b`: 1000 Hz, every 1000: 1 window/s a stream.
  func capacity(_ streamsOfA: Int, _ streamsOfB: Int, deadline: Duration? = nil) throws -> Capacity {
    var feeds = [try PipelineHarness.feed("a"), try PipelineHarness.feed("b", model: "n")]
    (feeds[0].expectedStreams, feeds[1].expectedStreams) = (streamsOfA, streamsOfB)
    (feeds[0].window.hopSamples, feeds[1].window.hopSamples) = (250, 1000)
    feeds[1].overload.deadline = deadline
    let configuration = Configuration(
      feeds: feeds, workers: 2, output: OutputConfiguration(endpoint: .defaultOutput))
    return Capacity(configuration, windowsPerSecond: ["m": 100, "n": 50])
  }

  @Test func whatFitsIsTold() throws {
    // 5 x 4 of 100, and 10 x 1 of 50.
    let capacity = try capacity(5, 10)
    try capacity.check()
    #expect(
      capacity.text == """
        capacity: 100 windows/s of m on 2 workers, as measured now
        capacity: 50 windows/s of n on 2 workers, as measured now
        load: a 4 windows/s a stream, 5 expected: 20 % of the capacity
        load: b 1 windows/s a stream, 10 expected: 20 % of the capacity
        """)
  }

  @Test func figuresAreWrittenOut() throws {
    let configuration = Configuration(
      feeds: [try PipelineHarness.feed("a")], workers: 1, output: OutputConfiguration(endpoint: .defaultOutput))
    let text = Capacity(configuration, windowsPerSecond: ["m": 3210.7]).text
    #expect(text.hasPrefix("capacity: 3211 windows/s of m on 1 worker, as measured now"))
  }

  @Test func whatHardlyFitsIsSaid() throws {
    // 48 % and 42 %.
    let capacity = try capacity(12, 21)
    try capacity.check()
    #expect(capacity.text.hasSuffix("that is 90 % in all: bursts will wait for long"))
  }

  @Test func whatDoesNotFitIsRefusedAtTheFeedThatNeedsMost() throws {
    // 40 % and 80 %.
    let capacity = try capacity(10, 40)
    let error = #expect(throws: ConfigurationError.self) { try capacity.check() }
    #expect(error?.exitCode == .configuration && error?.message.contains("120 %") == true)
    #expect(error?.message.contains("80 % for this feed") == true)
  }

  @Test func aDeadlineShorterThanAWindowIsRefused() throws {
    // Two workers make 50 windows/s: 40 ms each.
    try capacity(1, 1, deadline: .milliseconds(50)).check()
    let error = #expect(throws: ConfigurationError.self) { try capacity(1, 1, deadline: .milliseconds(30)).check() }
    #expect(error?.message.contains("takes 0.04 s to classify a window") == true)
  }
}
