import Testing

@testable import Windowing

extension StreamTable {
  mutating func collect(
    _ samples: [Float], channels: Int, masked: [Int] = [], stream: String, at position: BlockPosition = .unknown
  ) throws(StreamError) -> [(stream: String, window: FormedWindow)] {
    var windows: [(stream: String, window: FormedWindow)] = []
    try append(samples, channels: channels, maskedSamples: masked, stream: stream, at: position) {
      windows.append(($0, FormedWindow($1, $2)))
    }
    return windows
  }
}

@Suite struct StreamTableTests {
  @Test func togetherKeepsTheColumnsOfAMessageInOneStream() throws {
    var table = StreamTable(
      geometry: WindowGeometry(lengthSamples: 2, hopSamples: 2, channels: 2), sampleRateHz: 100, layout: .together)
    let windows = try table.collect([1, 2, 3, 4, 5, 6], channels: 2, masked: [3], stream: "bed-3")
    #expect(windows.map(\.stream) == ["bed-3"])
    #expect(windows.map(\.window.samples) == [[1, 2, 3, 4]])
    #expect(windows.map(\.window.isMasked) == [true])
    #expect(table.count == 1)
  }

  @Test func separateMakesAStreamOfEachColumn() throws {
    var table = StreamTable(
      geometry: WindowGeometry(lengthSamples: 2, hopSamples: 1, channels: 1), sampleRateHz: 100, layout: .separate)
    // Column 1's second sample is masked.
    let windows = try table.collect([1, 10, 2, 20, 3, 30], channels: 2, masked: [3], stream: "array")
    #expect(windows.map(\.stream) == ["array.0", "array.0", "array.1", "array.1"])
    #expect(windows.map(\.window.samples) == [[1, 2], [2, 3], [10, 20], [20, 30]])
    #expect(windows.map(\.window.isMasked) == [false, false, true, true])
    #expect(windows.map(\.window.sequence) == [0, 1, 0, 1])
    #expect(table.count == 2)
  }

  /// A column that is new begins in the epoch of those that were there before, as do all after a restart.
  @Test func columnsOfASignalAreInOneEpoch() throws {
    var table = StreamTable(
      geometry: WindowGeometry(lengthSamples: 2, hopSamples: 2, channels: 1), sampleRateHz: 100, layout: .separate,
      starts: ["a.0": StreamStart(epoch: 5), "a.2": StreamStart(epoch: 3)])
    let windows = try table.collect([1, 2, 3, 4, 5, 6], channels: 3, stream: "a")
    #expect(windows.map(\.window.epoch) == [5, 5, 5] && windows.map(\.window.sequence) == [0, 0, 0])
    #expect(table.place(of: "a")?.epoch == 5 && table.nextEpoch == 6)
  }

  @Test func streamsKeepTheirOwnPositions() throws {
    var table = StreamTable(
      geometry: WindowGeometry(lengthSamples: 2, hopSamples: 2, channels: 1), sampleRateHz: 100, layout: .together)
    #expect(try table.collect([1], channels: 1, stream: "a").isEmpty)
    #expect(try table.collect([5], channels: 1, stream: "b").isEmpty)
    #expect(try table.collect([2], channels: 1, stream: "a").map(\.window.samples) == [[1, 2]])
    #expect(try table.collect([6], channels: 1, stream: "b").map(\.window.samples) == [[5, 6]])
  }

  @Test func missingSamplesOfEveryStreamAddUp() throws {
    var table = StreamTable(
      geometry: WindowGeometry(lengthSamples: 2, hopSamples: 2, channels: 1), sampleRateHz: 100, layout: .separate)
    _ = try table.collect([1, 2, 3], channels: 3, stream: "a", at: .starting(0))
    _ = try table.collect([1, 2, 3], channels: 3, stream: "a", at: .starting(11))
    #expect(table.missingSamples == 30)
  }

  @Test func aChannelCountThatChangesIsRefusedAndTheStreamGoesOn() throws {
    var table = StreamTable(
      geometry: WindowGeometry(lengthSamples: 2, hopSamples: 2, channels: 1), sampleRateHz: 100, layout: .separate)
    #expect(try table.collect([1, 2], channels: 2, stream: "a").isEmpty)
    #expect(throws: StreamError.channels(stream: "a", expected: 2, got: 3)) {
      try table.collect([1, 2, 3], channels: 3, stream: "a")
    }
    #expect(try table.collect([3, 4], channels: 2, stream: "a").map(\.window.samples) == [[1, 3], [2, 4]])
  }

  @Test func togetherRefusesAnotherNumberOfChannelsThanTheModels() {
    var table = StreamTable(
      geometry: WindowGeometry(lengthSamples: 2, hopSamples: 2, channels: 2), sampleRateHz: 100, layout: .together)
    #expect(throws: StreamError.channels(stream: "a", expected: 2, got: 3)) {
      try table.collect([1, 2, 3], channels: 3, stream: "a")
    }
    #expect(table.count == 0)
  }

  @Test func inventedNamesCannotGrowTheTableWithoutBound() throws {
    var table = StreamTable(
      geometry: WindowGeometry(lengthSamples: 2, hopSamples: 2, channels: 1), sampleRateHz: 100, layout: .together,
      maximumStreams: 3)
    for index in 0..<3 {
      _ = try table.collect([1], channels: 1, stream: "s\(index)")
    }
    #expect(throws: StreamError.tooManyStreams(limit: 3)) { try table.collect([1], channels: 1, stream: "s3") }
    #expect(try table.collect([2], channels: 1, stream: "s1").count == 1)
  }

  @Test func silentStreamsAreFreedAndNoEpochAndNumberOfThemComesAgain() throws {
    var table = StreamTable(
      geometry: WindowGeometry(lengthSamples: 2, hopSamples: 2, channels: 1), sampleRateHz: 100, layout: .together,
      maximumStreams: 3)
    var seen: Set<[String]> = []
    func say(_ stream: String, start: Int, now: Int64) throws {
      try table.append([1, 2, 3, 4], channels: 1, stream: stream, at: .starting(start), now: now) { name, window, _ in
        #expect(seen.insert([name, "\(window.epoch)", "\(window.sequence)"]).inserted)
      }
    }
    for stream in ["a", "b", "c"] { try say(stream, start: 0, now: 0) }
    // A restart: epoch 1.
    try say("b", start: 0, now: 5)
    try say("c", start: 4, now: 95)
    #expect(throws: StreamError.tooManyStreams(limit: 3)) { try say("d", start: 0, now: 95) }
    func review(_ now: Int64) -> StreamChanges { table.review(now: now, silentAfter: 50, forgetAfter: 100) }
    #expect(review(50) == StreamChanges(silent: ["a"]))
    #expect(table.silentCount == 1)
    #expect(
      review(104) == StreamChanges(silent: ["b"], forgotten: ["a"]))
    try say("b", start: 4, now: 105)
    #expect(review(106) == StreamChanges(returned: ["b"]))
    #expect(table.count == 2 && table.silentCount == 0)
    try say("d", start: 0, now: 106)
    // All go; "b" was in epoch 1.
    #expect(review(1000).forgotten.sorted() == ["b", "c", "d"])
    #expect(table.count == 0)
    for stream in ["b", "a"] { try say(stream, start: 0, now: 1001) }
    #expect(seen.contains(["b", "2", "0"]) && seen.contains(["a", "2", "0"]))
  }

  /// While the thread that asks was held up, or the sender was.
  @Test func timeInWhichNobodyCouldBeHeardIsNoSilence() throws {
    var table = StreamTable(
      geometry: WindowGeometry(lengthSamples: 4, hopSamples: 4, channels: 1), sampleRateHz: 100, layout: .together)
    for (stream, now) in [("a", Int64(0)), ("b", 900)] {
      try table.append([1], channels: 1, stream: stream, at: .unknown, now: now) { _, _, _ in }
    }
    func review(_ now: Int64, unheard: Int64) -> StreamChanges {
      table.review(now: now, unheard: unheard, silentAfter: 50, forgetAfter: 100)
    }
    #expect(review(940, unheard: 900) == StreamChanges())
    #expect(review(949, unheard: 0) == StreamChanges())
    #expect(review(990, unheard: 0) == StreamChanges(silent: ["b", "a"]))
    #expect(review(1040, unheard: 0) == StreamChanges(forgotten: ["b", "a"]))
  }

  @Test(.timeLimit(.minutes(5)), arguments: [4, 1 << 40, Int.max])
  func anEmptyMessageOfManyChannelsIsRefusedBeforeAnythingIsMade(channels: Int) {
    var table = StreamTable(
      geometry: WindowGeometry(lengthSamples: 2, hopSamples: 2, channels: 1), sampleRateHz: 100, layout: .separate,
      maximumStreams: 3)
    #expect(throws: StreamError.tooManyStreams(limit: 3)) { try table.collect([], channels: channels, stream: "s") }
    #expect(table.count == 0)
  }
}
