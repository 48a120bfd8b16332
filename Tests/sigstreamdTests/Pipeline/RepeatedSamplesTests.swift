import Logging
import Testing
import Windowing

@testable import sigstreamd

/// What a dealer feed makes of samples that its sender sends again.
struct RepeatedSamplesTests {
  final class Setup {
    let counters = FeedCounters(feed: "ecg")
    let acknowledgements = Acknowledgements()
    var windows: [Window] = []
    var samples: [[Float]] = []

    func processor(starts: [String: StreamStart] = [:]) throws -> FeedProcessor {
      var feed = FeedConfiguration(
        name: "ecg", endpoint: try Endpoint("tcp://127.0.0.1:5555", mode: .connect), sampleRateHz: 1000,
        window: FeedConfiguration.Window(lengthSamples: 8, hopSamples: 4), modelPath: "m")
      feed.socket = .dealer
      return FeedProcessor(
        feed, channels: 1, counters: counters, clock: .system, logger: Logger(label: "test"), starts: starts,
        acknowledgements: acknowledgements
      ) { _, window, _, samples in
        self.windows.append(window)
        self.samples.append(samples.withUnsafeBufferPointer(Array.init))
      }
    }
  }

  /// Samples of one byte, each its index.
  private func message(_ range: Range<Int>, time: Int? = nil) -> MessageBytes {
    let microseconds = time.map { #","t_us":\#($0)"# } ?? ""
    return MessageBytes(
      header: #"{"type":"uint8","shape":[\#(range.count)],"source":"a","start":\#(range.lowerBound)\#(microseconds)}"#,
      payload: range.map { UInt8($0) })
  }

  @Test func samplesThatComeAgainAreTakenOnce() throws {
    let setup = Setup()
    var processor = try setup.processor()
    for range in [0..<10, 0..<10, 4..<12, 8..<16, 3..<5, 16..<20] { processor.process(message(range)) }
    #expect(setup.windows.map(\.startSample) == [0, 4, 8, 12])
    #expect(setup.windows.allSatisfy { $0.epoch == 0 })
    #expect(setup.samples == [0, 4, 8, 12].map { first in (first..<first + 8).map { Float($0) } })
    #expect(setup.counters.counts.duplicateSamples == 10 + 6 + 4 + 2)
    #expect(setup.counters.counts.missingSamples == 0)
  }

  @Test func theTimeIsThatOfTheFirstSampleThatIsNew() throws {
    let setup = Setup()
    var processor = try setup.processor()
    processor.process(message(0..<6, time: 5_000_000))
    processor.process(message(2..<8, time: 5_002_000))
    #expect(setup.windows.map(\.endMicroseconds) == [5_007_000])
  }

  @Test func aSenderThatBeginsAnewBeginsAnEpoch() throws {
    let setup = Setup()
    var processor = try setup.processor()
    processor.process(message(0..<20))
    for number in 0..<4 { setup.acknowledgements.ended(sequence: number, of: "a") }
    #expect(setup.acknowledgements.positions == ["a": 16])
    setup.acknowledgements.greeted(["a": 16])
    processor.process(message(0..<8))
    #expect(setup.windows.last?.epoch == 1 && setup.windows.last?.startSample == 0)
    #expect(setup.counters.counts.duplicateSamples == 0)
    #expect(setup.acknowledgements.positions == ["a": 0])
    // The first epoch's place counts no more.
    processor.process(message(4..<12))
    #expect(setup.windows.last?.epoch == 1 && setup.windows.last?.startSample == 4)
  }

  /// What is sent again was asked for when the connection was made: more may be acknowledged by the time that it comes.
  @Test func whatIsAcknowledgedWhileItIsSentAgainBeginsNoEpoch() throws {
    let setup = Setup()
    var processor = try setup.processor()
    processor.process(message(0..<20))
    setup.acknowledgements.greeted(setup.acknowledgements.positions)
    for number in 0..<4 { setup.acknowledgements.ended(sequence: number, of: "a") }
    #expect(setup.acknowledgements.positions == ["a": 16])
    for range in [0..<8, 8..<16, 16..<24] { processor.process(message(range)) }
    #expect(setup.windows.map(\.startSample) == [0, 4, 8, 12, 16])
    #expect(setup.windows.allSatisfy { $0.epoch == 0 })
    #expect(setup.counters.counts.duplicateSamples == 8 + 8 + 4)
  }

  @Test func aPlaceThatNoIndexCanHoldIsRefused() throws {
    let setup = Setup()
    var processor = try setup.processor()
    let far = 1 << 53
    for (start, count) in [(far, 8), (far - 8, 8), (far - 7, 8), (far - 8, 8), (far, 0)] {
      processor.process(
        MessageBytes(
          header: #"{"type":"uint8","shape":[\#(count)],"source":"a","start":\#(start)}"#,
          payload: [UInt8](repeating: 0, count: count)))
    }
    #expect(setup.counters.counts.badMessages == ["header": 2])
    #expect(setup.windows.map(\.startSample) == [far - 8])
    #expect(setup.counters.counts.duplicateSamples == 8)
  }

  @Test func aStreamGoesOnWhereTheHistoryEnds() throws {
    let setup = Setup()
    let position = HistoryPosition(epoch: 2, sequence: 9, startSample: 36)
    var processor = try setup.processor(
      starts: ["a": StreamStart(after: position, isContinued: true, hopSamples: 4)])
    #expect(setup.acknowledgements.positions == ["a": 40], "what the sender is told at once")
    // A message that holds the sample 40 was kept whole.
    processor.process(message(30..<50))
    #expect(setup.windows.map(\.startSample) == [40])
    #expect(setup.windows.map(\.sequence) == [10] && setup.windows.map(\.epoch) == [2])
    #expect(setup.counters.counts.duplicateSamples == 10)
  }

  @Test func aFeedThatLostSamplesBeginsANewEpoch() {
    let position = HistoryPosition(epoch: 2, sequence: 9, startSample: 36)
    #expect(StreamStart(after: position, isContinued: false, hopSamples: 4) == StreamStart(epoch: 3))
  }

  @Test(arguments: [
    HistoryPosition(epoch: .max, sequence: .max, startSample: .max),
    HistoryPosition(epoch: .max, sequence: -1, startSample: -1000),
  ])
  func numbersThatNoDaemonWroteAreNoTrap(position: HistoryPosition) {
    #expect(StreamStart(after: position, isContinued: true, hopSamples: 4) == StreamStart(epoch: .max))
  }

  @Test func aMessageWithoutItsPlaceIsRefused() throws {
    let setup = Setup()
    var processor = try setup.processor()
    processor.process(MessageBytes(header: #"{"type":"uint8","shape":[8],"source":"a"}"#, payload: [UInt8](0..<8)))
    #expect(setup.counters.counts.badMessages == ["header": 1])
    #expect(setup.windows.isEmpty)
  }
}
