import Classifier
import Foundation
import StreamIO
import Synchronization
import Testing

@testable import sigstreamd

@Suite(.timeLimit(.minutes(5))) struct PipelineTests {
  @Test func samplesComeInAndLabelsGoOut() throws {
    let harness = try PipelineHarness()
    let sender = try harness.sender()
    let start: Int64 = 1_700_000_000_000_000
    let message = ArrayMessage(
      source: "bed-3", start: 40, acquisitionMicroseconds: start, sampleRateHz: 1000, channels: 1,
      samples: echoSamples(0..<20))
    #expect(try sender.send(message.encode()))
    try harness.receive { $0.feeds["ecg"]?.published == 2 }
    #expect(harness.results.map(\.sequence) == [0, 1])
    let result = try #require(harness.results.last)
    #expect(result.feed == "ecg" && result.stream == "bed-3" && result.epoch == 0)
    #expect(result.startSample == 48 && result.endSample == 56)
    #expect(result.startMicroseconds == start + 8000 && result.endMicroseconds == start + 15_000)
    // Years, by two clocks.
    #expect(abs(result.ageMicroseconds - (result.publishedMicroseconds - result.endMicroseconds)) < 60_000_000)
    #expect(result.status == .classified && result.label == "one" && result.confidence == 0.5)
    #expect(result.probabilities == [0.25, 0.5, 0.25])
    #expect(result.anomaly == nil && result.model == "0123456789abcdef" && !result.isLate)
    #expect(harness.lastHeartbeat?.streams == ["ecg/bed-3": 1])
    let counts = try harness.drain()
    #expect(counts["ecg"]?.inFlight == 0)
  }

  /// Its last window is published after the stream's memory was freed.
  @Test func aStreamThatIsForgottenGoesFromTheHeartbeatHoweverLateItsLastResultComes() throws {
    let isHeld = Monitor(true)
    let classifier = EchoClassifier(before: { _ in
      isHeld.wait { $0 ? .wait(untilNanoseconds: nil) : .done(()) }
    })
    var feed = try PipelineHarness.feed()
    (feed.silentAfter, feed.forgetAfter) = (.milliseconds(100), .milliseconds(100))
    let harness = try PipelineHarness(["m": EchoClassifier.model(classifier)], feeds: [feed])
    let sender = try harness.sender()
    #expect(try sender.send(ArrayMessage(source: "s", start: 0, channels: 1, samples: echoSamples(0..<8)).encode()))
    try harness.receive { $0.feeds["ecg"]?.forgottenStreams == 1 }
    isHeld.withLock { $0 = false }
    isHeld.notifyAll()
    try harness.receive { $0.feeds["ecg"]?.published == 1 }
    try harness.receive { $0.streams.isEmpty }
    #expect(harness.results.map(\.sequence) == [0])
    _ = try harness.drain()
  }

  @Test(arguments: [-3600, 3600])
  func aDateThatStepsWhileAWindowIsUnderWayChangesNoAge(seconds: Int64) throws {
    let offset = Monitor(Int64(0))
    var clock = PipelineClock.system
    clock.microsecondsSince1970 = { MonotonicClock.microsecondsSince1970() + offset.withLock { $0 } }
    let classifier = EchoClassifier(before: { _ in offset.withLock { $0 = seconds * 1_000_000 } })
    let harness = try PipelineHarness(["m": EchoClassifier.model(classifier)], clock: clock)
    let sender = try harness.sender()
    #expect(try sender.send(ArrayMessage(source: "s", start: 0, channels: 1, samples: echoSamples(0..<8)).encode()))
    try harness.receive { $0.feeds["ecg"]?.published == 1 }
    let result = try #require(harness.results.first)
    // Far less than the step.
    #expect((0..<1_800_000_000).contains(result.ageMicroseconds))
    #expect(abs(result.publishedMicroseconds - result.endMicroseconds - seconds * 1_000_000) < 1_800_000_000)
    _ = try harness.drain()
  }

  @Test(arguments: 1...3)
  func messagesOfAnySizeGiveTheResultsOfOneSentWhole(seed: Int) throws {
    let feeds = [try PipelineHarness.feed("whole"), try PipelineHarness.feed("pieces")]
    let harness = try PipelineHarness(feeds: feeds) { $0.workers = 3 }
    let whole = try harness.sender(to: "whole")
    let pieces = try harness.sender(to: "pieces")
    let frames = 8 * 2000
    #expect(try whole.send(ArrayMessage(source: "s", start: 0, channels: 1, samples: echoSamples(0..<frames)).encode()))
    var generator = SplitMix64(seed: UInt64(seed))
    var place = 0
    while place < frames {
      let end = min(frames, place + Int.random(in: 1...500, using: &generator))
      let message = ArrayMessage(source: "s", start: place, channels: 1, samples: echoSamples(place..<end))
      #expect(try pieces.send(message.encode()))
      place = end
    }
    try harness.receive { $0.feeds.values.allSatisfy { $0.published == 2000 } }
    let results = Dictionary(grouping: harness.results, by: \.feed)
    for feed in ["whole", "pieces"] {
      // In order though three workers work at once, and each with its own window's label.
      #expect(results[feed]?.map(\.sequence) == Array(0..<2000))
      #expect(results[feed]?.map(\.label) == (0..<2000).map { EchoClassifier.labels[$0 % 3] })
      #expect(results[feed]?.map(\.startSample) == (0..<2000).map { $0 * 8 })
    }
    _ = try harness.drain()
  }

  @Test func badMessagesCostOnlyThemselves() throws {
    let harness = try PipelineHarness()
    let sender = try harness.sender()
    func good(_ range: Range<Int>) throws {
      let message = ArrayMessage(source: "s", start: range.lowerBound, channels: 1, samples: echoSamples(range))
      #expect(try sender.send(message.encode()))
    }
    try good(0..<4)
    #expect(try sender.send([Data("junk".utf8)]))
    #expect(try sender.send([Data("{".utf8), Data()]))
    #expect(try sender.send([Data(), Data(#"{"type":"f4","shape":[9]}"#.utf8), Data([1])]))
    #expect(try sender.send([Data](repeating: Data("x".utf8), count: 20)))
    try good(4..<8)
    try harness.receive { $0.feeds["ecg"]?.published == 1 }
    let counts = try harness.drain()["ecg"]
    #expect(counts?.badMessages == ["frames": 2, "header": 1, "length": 1])
    #expect(counts?.messages == 2)
  }

  @Test func unusualWindowsAreOutliers() throws {
    let classifier = EchoClassifier(novelty: { $0[0] == 1 ? (9.5, 0.01) : (1, 0.0101) })
    let harness = try PipelineHarness(["m": EchoClassifier.model(classifier)])
    let sender = try harness.sender()
    #expect(try sender.send(ArrayMessage(source: "s", start: 0, channels: 1, samples: echoSamples(0..<16)).encode()))
    try harness.receive { $0.feeds["ecg"]?.published == 2 }
    #expect(harness.results.map(\.status) == [.classified, .outlier])
    #expect(harness.results.map(\.anomaly) == [1, 9.5])
    #expect(harness.results.map(\.pValue) == [0.0101, 0.01])
    #expect(harness.results.map(\.label) == ["zero", "one"])
    _ = try harness.drain()
  }

  @Test func aModelThatFailsGivesFailedResults() throws {
    struct Broken: Error {}
    let classifier = EchoClassifier(
      before: { if $0.contains(where: { $0[0] == 1 }) { throw Broken() } },
      novelty: { $0[0] == 2 ? (.nan, 0.5) : nil })
    let harness = try PipelineHarness(["m": EchoClassifier.model(classifier)]) { $0.batch.maxSize = 1 }
    let sender = try harness.sender()
    #expect(try sender.send(ArrayMessage(source: "s", start: 0, channels: 1, samples: echoSamples(0..<32)).encode()))
    try harness.receive { $0.feeds["ecg"]?.published == 4 }
    #expect(harness.results.map(\.status) == [.classified, .failed, .failed, .classified])
    #expect(harness.results.map(\.label) == ["zero", nil, nil, "zero"])
    #expect(harness.results[1].probabilities == nil && harness.results[2].anomaly == nil)
    let counts = try harness.drain()
    #expect(counts["ecg"]?.failed == 2)
    #expect(harness.lines.withLock { $0.contains { $0.hasPrefix("error: windows could not be classified: Broken()") } })
  }

  @Test func feedsWithTheirOwnModelsDoNotMix() throws {
    let other = ServedModel(labels: ["x", "y", "z"], channels: 1, identity: "fedcba9876543210") {
      EchoClassifier()
    }
    let feeds = [try PipelineHarness.feed("a"), try PipelineHarness.feed("b", model: "other")]
    let harness = try PipelineHarness(["m": EchoClassifier.model(), "other": other], feeds: feeds)
    let a = try harness.sender(to: "a")
    let b = try harness.sender(to: "b")
    for place in stride(from: 0, to: 800, by: 8) {
      let samples = echoSamples(place..<place + 8)
      #expect(try a.send(ArrayMessage(source: "s", start: place, channels: 1, samples: samples).encode()))
      #expect(try b.send(ArrayMessage(source: "s", start: place, channels: 1, samples: samples).encode()))
    }
    try harness.receive { $0.feeds.values.allSatisfy { $0.published == 100 } }
    for result in harness.results {
      let labels = result.feed == "a" ? EchoClassifier.labels : ["x", "y", "z"]
      #expect(result.label == labels[result.sequence % 3])
      #expect(result.model == (result.feed == "a" ? "0123456789abcdef" : "fedcba9876543210"))
    }
    _ = try harness.drain()
  }
}
