import Testing
import Windowing

@testable import sigstreamd

extension LiveFeed {
  /// A feed that only its place tells from others.
  convenience init(place: Int, counters: FeedCounters = FeedCounters(feed: "ecg")) {
    let configuration = FeedConfiguration(
      name: counters.feed, endpoint: .defaultOutput, sampleRateHz: 1000,
      window: FeedConfiguration.Window(lengthSamples: 8, hopSamples: 8), modelPath: "m")
    self.init(configuration, place: place, counters: counters)
  }
}

/// A window that only its number tells from others.
func pendingWindow(_ sequence: Int, feed: Int = 0) -> PendingWindow {
  PendingWindow(
    feed: LiveFeed(place: feed), stream: "s",
    window: Window(
      epoch: 0, sequence: sequence, startSample: 0, endSample: 1, startMicroseconds: 0, endMicroseconds: 0,
      isMasked: false))
}

extension BatchLanes {
  /// Adds a window whose one sample is its number.
  mutating func append(_ window: PendingWindow, now: Int64) -> PendingWindow? {
    append(window, samples: [Float(window.window.sequence)].span, now: now)
  }
}

extension BatchQueue {
  func append(_ window: PendingWindow) -> PendingWindow? {
    append(window, samples: [Float(window.window.sequence)].span)
  }
}

extension Batch {
  var sequences: [Int] { windows.map(\.window.sequence) }
}

@Suite struct BatchLanesTests {
  func lanes(_ count: Int = 1, maximumBatch: Int = 3, delay: Int64 = 100, capacity: Int = 10) -> BatchLanes {
    // A feed for each lane.
    BatchLanes(
      feeds: (0..<count).map { LaneFeed(lane: $0) }, maximumBatch: maximumBatch, maximumDelayNanoseconds: delay,
      capacity: capacity)
  }

  @Test(arguments: [(OverloadPolicy.WhenFull.dropOldest, [0, 1]), (.dropNewest, [3, 2]), (.block, [])])
  func whatHasNoRoomInASmallerQueueIsDropped(whenFull: OverloadPolicy.WhenFull, expected: [Int]) {
    var lanes = BatchLanes(
      feeds: [LaneFeed(policy: OverloadPolicy(whenFull: whenFull))], maximumBatch: 3, maximumDelayNanoseconds: 100,
      capacity: 10)
    for sequence in 0..<4 { #expect(lanes.append(pendingWindow(sequence), now: 0) == nil) }
    let dropped = lanes.configure(maximumBatch: 3, maximumDelayNanoseconds: 100, capacity: 2)
    #expect(dropped.map(\.window.sequence) == expected)
    #expect(lanes.count == 4 - expected.count && lanes.waiting(0) == lanes.count)
  }

  @Test func aFullBatchClosesAtOnce() throws {
    var lanes = lanes()
    for sequence in 0..<4 { #expect(lanes.append(pendingWindow(sequence), now: 0) == nil) }
    let taken = lanes.take(now: 0)
    let batch = try #require(taken)
    #expect(batch.sequences == [0, 1, 2])
    #expect(batch.ticket == 0)
    #expect(lanes.take(now: 0) == nil)
    #expect(lanes.count == 1)
  }

  @Test func aBatchClosesWhenItsOldestWindowHasWaitedLongEnough() throws {
    var lanes = lanes()
    #expect(lanes.nextDeadline == nil)
    _ = lanes.append(pendingWindow(0), now: 50)
    _ = lanes.append(pendingWindow(1), now: 120)
    #expect(lanes.nextDeadline == 150)
    #expect(lanes.take(now: 149) == nil)
    #expect(lanes.take(now: 150)?.sequences == [0, 1])
    #expect(lanes.nextDeadline == nil)
  }

  @Test func theLaneWithTheOldestHeadGoesFirst() {
    var lanes = lanes(3)
    _ = lanes.append(pendingWindow(0, feed: 2), now: 0)
    _ = lanes.append(pendingWindow(1), now: 1)
    _ = lanes.append(pendingWindow(2, feed: 2), now: 2)
    #expect(lanes.take(now: 1000)?.sequences == [0, 2])
    #expect(lanes.take(now: 1000)?.sequences == [1])
    // A full lane does not wait for an older one that is not due.
    _ = lanes.append(pendingWindow(3), now: 2000)
    for sequence in 4..<7 { _ = lanes.append(pendingWindow(sequence, feed: 1), now: 2001) }
    #expect(lanes.take(now: 2001)?.lane == 1)
    #expect(lanes.take(now: 2001) == nil)
  }

  @Test func ticketsCountTheBatchesOfEachLane() {
    var lanes = lanes(2, maximumBatch: 1)
    for sequence in 0..<4 {
      _ = lanes.append(pendingWindow(sequence, feed: sequence % 2), now: Int64(sequence))
    }
    let taken = (0..<4).compactMap { _ in lanes.take(now: 3) }
    #expect(taken.map(\.lane) == [0, 1, 0, 1])
    #expect(taken.map(\.ticket) == [0, 0, 1, 1])
  }

  @Test func theOldestWindowOfTheFeedMakesRoom() {
    var lanes = lanes(2, capacity: 2)
    #expect(lanes.append(pendingWindow(0, feed: 1), now: 0) == nil)
    #expect(lanes.append(pendingWindow(1), now: 0) == nil)
    #expect(lanes.append(pendingWindow(2), now: 0) == nil)
    // The other feed has the older one, but room of its own.
    #expect(lanes.append(pendingWindow(3), now: 0)?.window.sequence == 1)
    #expect(lanes.take(now: 100)?.sequences == [2, 3])
    #expect(lanes.take(now: 100)?.sequences == [0])
    #expect(lanes.count == 0)
  }

  @Test func whatIsLeftIsDueAtTheEnd() {
    var lanes = lanes(2)
    _ = lanes.append(pendingWindow(0, feed: 1), now: 0)
    _ = lanes.append(pendingWindow(1), now: 1)
    #expect(lanes.take(now: 1) == nil)
    #expect(lanes.take(now: 1, closing: true)?.sequences == [0])
    #expect(lanes.take(now: 1, closing: true)?.sequences == [1])
    #expect(lanes.take(now: 1, closing: true) == nil)
  }

  @Test func batchesThatComeBackLendTheirStorage() {
    var lanes = lanes(maximumBatch: 2, capacity: 2)
    var addresses: Set<UnsafeRawPointer> = []
    for round in 0..<10 {
      // One more than there is room for: the storage of the one dropped is used again too.
      for sequence in 3 * round..<3 * round + 3 { _ = lanes.append(pendingWindow(sequence), now: 0) }
      // Not by #require, which keeps a copy.
      guard var batch = lanes.take(now: 0) else {
        Issue.record("no batch")
        return
      }
      #expect(batch.sequences == [3 * round + 1, 3 * round + 2])
      #expect(batch.windows.map(\.samples) == [[Float(3 * round + 1)], [Float(3 * round + 2)]])
      for window in batch.windows { addresses.insert(window.samples.withUnsafeBytes { $0.baseAddress! }) }
      addresses.insert(batch.windows.withUnsafeBytes { $0.baseAddress! })
      batch.outcomes = [Classification(probabilities: [1])]
      lanes.recycle(&batch, now: 0)
    }
    // Two windows' samples and one batch's windows.
    #expect(addresses.count == 3)
  }

  @Test func theOrderSurvivesManyTurnsOfTheStorage() {
    var fifo = FIFO<Int>()
    var (written, read) = (0, 0)
    for step in 0..<1000 {
      for _ in 0..<(step % 7) {
        fifo.append(written)
        written += 1
      }
      for _ in 0..<(step % 5) where !fifo.isEmpty {
        #expect(fifo.first == read)
        #expect(fifo.removeFirst() == read)
        read += 1
      }
      #expect(fifo.count == written - read)
    }
  }
}
