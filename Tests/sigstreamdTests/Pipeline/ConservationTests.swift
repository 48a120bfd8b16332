import Foundation
import StreamIO
import Synchronization
import Testing

@testable import sigstreamd

/// Windows formed = published + expired + dropped + in flight, and a subscriber gets what was published.
@Suite(.timeLimit(.minutes(5))) struct ConservationTests {
  struct Broken: Error {}

  /// Sends `windows` windows in messages of many sizes.
  func send(windows: Int, to sender: borrowing ZeroMQSocket, source: String = "s") throws {
    var place = 0
    while place < windows * 8 {
      let end = min(windows * 8, place + Int.random(in: 1...200))
      let message = ArrayMessage(source: source, start: place, channels: 1, samples: echoSamples(place..<end))
      #expect(try sender.send(message.encode()))
      place = end
    }
  }

  @Test func aModelThatCannotKeepUpDropsTheOldestAndCountsThem() throws {
    let (gate, entered) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let isOpen = Atomic(false)
    let classifier = EchoClassifier(before: { _ in
      entered.signal()
      if !isOpen.load(ordering: .acquiring) { gate.wait() }
    })
    let harness = try PipelineHarness(["m": EchoClassifier.model(classifier)]) {
      ($0.workers, $0.queue.capacity) = (1, 16)
    }
    let sender = try harness.sender()
    try send(windows: 500, to: sender)
    entered.wait()
    try harness.receive { $0.feeds["ecg"]?.formed == 500 && $0.feeds["ecg"]?.inFlight ?? 0 <= 20 }
    let stuck = try #require(harness.lastHeartbeat?.feeds["ecg"])
    // The queue was full, and a batch of at most 4 is with the worker.
    #expect((16...20).contains(stuck.inFlight) && stuck.published == 0 && stuck.dropped == 500 - stuck.inFlight)
    isOpen.store(true, ordering: .releasing)
    gate.signal()
    try harness.receive { $0.feeds["ecg"]?.inFlight == 0 }
    let final = try harness.drain()
    let counts = try #require(final["ecg"])
    #expect(counts.published == stuck.inFlight && counts.expired == 0)
    #expect(harness.results.count == counts.published)
    // Those that stayed in the queue are the newest.
    #expect(Array(harness.results.map(\.sequence).suffix(12)) == Array(488..<500))
    #expect(harness.lines.withLock { $0.contains { $0.hasPrefix("warning: the workers can't keep up") } })
  }

  @Test func holdsUnderLoadWithFaultsAndAStopInTheMiddle() throws {
    let calls = Atomic(0)
    let classifier = EchoClassifier(before: { batch in
      let call = calls.add(1, ordering: .relaxed).newValue
      // Some work, a different amount each time.
      var sum: Float = 0
      for index in 0..<(call % 7) * 20_000 { sum += Float(index) * batch[0][0] }
      if call % 11 == 0 || sum < 0 { throw Broken() }
    })
    let feeds = [try PipelineHarness.feed("a"), try PipelineHarness.feed("b")]
    let harness = try PipelineHarness(["m": EchoClassifier.model(classifier)], feeds: feeds) {
      ($0.workers, $0.queue.capacity) = (3, 64)
    }
    let a = try harness.sender(to: "a")
    let b = try harness.sender(to: "b")
    for round in 0..<5 {
      try send(windows: 300, to: a, source: "s\(round)")
      #expect(try b.send([Data("junk".utf8)]))
      try send(windows: 200, to: b, source: "s\(round)")
    }
    // Enough has come to be in the middle; the rest may or may not be received before the stop. (Published ones are not
    // counted here: on a slow machine the small queue drops most.)
    try harness.receive { ($0.feeds["a"]?.formed ?? 0) + ($0.feeds["b"]?.formed ?? 0) > 200 }
    let counts = try harness.drain()
    for (feed, counts) in counts {
      #expect(counts.inFlight == 0 && counts.expired == 0)
      #expect(counts.formed == counts.published + counts.expired + counts.dropped)
      let results = harness.results.filter { $0.feed == feed }
      #expect(results.count == counts.published)
      #expect(results.count { $0.status == .failed } == counts.failed)
      for stream in Dictionary(grouping: results, by: \.stream).values {
        #expect(stream.map(\.sequence) == stream.map(\.sequence).sorted())
      }
      #expect(Set(results.map { "\($0.stream) \($0.sequence)" }).count == results.count)
    }
  }

  @Test func theStopClassifiesWhatIsQueued() throws {
    let gate = DispatchSemaphore(value: 0)
    let isOpen = Atomic(false)
    let classifier = EchoClassifier(before: { _ in if !isOpen.load(ordering: .acquiring) { gate.wait() } })
    let harness = try PipelineHarness(["m": EchoClassifier.model(classifier)]) { $0.workers = 1 }
    let sender = try harness.sender()
    try send(windows: 100, to: sender)
    try harness.receive { $0.feeds["ecg"]?.inFlight == 100 }
    isOpen.store(true, ordering: .releasing)
    gate.signal()
    let final = try harness.drain()
    let counts = try #require(final["ecg"])
    #expect(counts.published == 100 && counts.expired == 0)
    #expect(harness.results.map(\.sequence) == Array(0..<100))
    // The last heartbeat tells the last number of each stream.
    #expect(harness.lastHeartbeat?.streams == ["ecg/s": 99])
  }

  @Test func theStopReadsWhatHasArrived() throws {
    var feed = try PipelineHarness.feed()
    feed.overload.whenFull = .block
    let gate = DispatchSemaphore(value: 0)
    let isOpen = Atomic(false)
    let classifier = EchoClassifier(before: { _ in if !isOpen.load(ordering: .acquiring) { gate.wait() } })
    let harness = try PipelineHarness(["m": EchoClassifier.model(classifier)], feeds: [feed]) {
      // Batches of 4, however slowly the windows come.
      ($0.workers, $0.queue.capacity, $0.batch.maxDelay) = (1, 4, .seconds(1000))
    }
    let sender = try harness.sender()
    for place in stride(from: 0, to: 800, by: 8) {
      let samples = echoSamples(place..<place + 8)
      #expect(try sender.send(ArrayMessage(source: "s", start: place, channels: 1, samples: samples).encode()))
    }
    // The queue and a batch are full, and the feed waits with the next window: the other messages are in ZeroMQ's queue.
    try harness.receive { $0.feeds["ecg"]?.formed == 9 }
    let pipeline = harness.pipeline
    let (thread, _) = try PipelineThread.start(name: "drain") { (ready: (Int) -> Void) in
      ready(0)
      pipeline.drain()
    }
    isOpen.store(true, ordering: .releasing)
    gate.signal()
    #expect(thread.join(untilNanoseconds: .max))
    let counts = pipeline.counts[0].counts
    #expect(counts.formed == 100 && counts.published == 100)
  }

  @Test func theStopIsBoundedAndWhatIsLeftExpires() throws {
    let gate = DispatchSemaphore(value: 0)
    let classifier = EchoClassifier(before: { batch in if batch[0][0] >= 4 { gate.wait() } })
    let timing = PipelineTiming(heartbeat: .milliseconds(5), drain: .milliseconds(50))
    let harness = try PipelineHarness(["m": EchoClassifier.model(classifier)], timing: timing) {
      // Batches of 4, however slowly the windows come.
      ($0.workers, $0.batch.maxDelay) = (1, .seconds(1000))
    }
    let sender = try harness.sender()
    let samples = echoSamples(0..<800)
    #expect(try sender.send(ArrayMessage(source: "s", start: 0, channels: 1, samples: samples).encode()))
    try harness.receive { $0.feeds["ecg"]?.published == 4 }
    let final = try harness.drain()
    let counts = try #require(final["ecg"])
    #expect(counts.formed == 100 && counts.published == 4 && counts.expired == 96 && counts.inFlight == 0)
    #expect(harness.results.count == 4)
    // The worker comes to itself too late; its results change nothing any more.
    gate.signal()
    #expect(harness.pipeline.counts[0].counts == counts)
  }

  @Test func theStopWaitsForWhatAWorkerHasBegun() throws {
    let gate = DispatchSemaphore(value: 0)
    let classifier = EchoClassifier(before: { batch in if batch[0][0] >= 4 { gate.wait() } })
    let timing = PipelineTiming(heartbeat: .milliseconds(5), drain: .milliseconds(50), linger: .seconds(60))
    let harness = try PipelineHarness(["m": EchoClassifier.model(classifier)], timing: timing) {
      ($0.workers, $0.batch.maxDelay) = (1, .seconds(1000))
    }
    let sender = try harness.sender()
    let samples = echoSamples(0..<800)
    #expect(try sender.send(ArrayMessage(source: "s", start: 0, channels: 1, samples: samples).encode()))
    try harness.receive { $0.feeds["ecg"]?.published == 4 }
    // The worker goes on once the queue behind it has been given up.
    let pipeline = harness.pipeline
    Thread.detachNewThread {
      while pipeline.counts[0].counts.expired == 0 { sched_yield() }
      gate.signal()
    }
    let counts = try #require(try harness.drain()["ecg"])
    #expect(counts.formed == 100 && counts.published == 8 && counts.expired == 92 && counts.inFlight == 0)
    #expect(harness.results.map(\.sequence) == Array(0..<8))
  }

  @Test func aStopWithoutAnyTrafficIsClean() throws {
    let harness = try PipelineHarness()
    #expect(try harness.drain() == ["ecg": FeedCounts()])
  }
}
