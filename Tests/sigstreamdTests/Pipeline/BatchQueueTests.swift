import Foundation
import Synchronization
import Testing
import Windowing

@testable import sigstreamd

@Suite(.timeLimit(.minutes(5))) struct BatchQueueTests {
  func queue(
    maximumBatch: Int = 4, delay: Duration = .seconds(1000), capacity: Int = 100,
    policy: OverloadPolicy = OverloadPolicy()
  ) -> BatchQueue {
    BatchQueue(
      BatchLanes(
        feeds: [LaneFeed(policy: policy)], maximumBatch: maximumBatch,
        maximumDelayNanoseconds: delay.wholeNanoseconds, capacity: capacity), clock: .system)
  }

  /// What a thread that takes batches until there are no more has taken.
  func consume(_ queue: BatchQueue) throws -> (thread: PipelineThread, taken: Monitor<[[Int]]>) {
    let taken = Monitor<[[Int]]>([])
    let (thread, _) = try PipelineThread.start(name: "consumer") { (ready: (Int) -> Void) in
      ready(0)
      while let batch = queue.nextBatch() {
        taken.withLock { $0.append(batch.sequences) }
        taken.notifyAll()
      }
    }
    return (thread, taken)
  }

  @Test func aFullBatchWakesABlockedWorker() throws {
    let queue = queue()
    let (thread, taken) = try consume(queue)
    for sequence in 0..<4 { #expect(queue.append(pendingWindow(sequence)) == nil) }
    taken.wait { $0.isEmpty ? .wait(untilNanoseconds: nil) : .done(()) }
    queue.finish()
    #expect(thread.join(untilNanoseconds: .max))
    #expect(taken.withLock { $0 } == [[0, 1, 2, 3]])
  }

  @Test func theDelayWakesABlockedWorker() throws {
    let queue = queue(delay: .milliseconds(2))
    let (thread, taken) = try consume(queue)
    #expect(queue.append(pendingWindow(7)) == nil)
    taken.wait { $0.isEmpty ? .wait(untilNanoseconds: nil) : .done(()) }
    queue.finish()
    #expect(thread.join(untilNanoseconds: .max))
    #expect(taken.withLock { $0 } == [[7]])
  }

  @Test func finishingHandsOutWhatWaitsAndSendsWorkersHome() throws {
    let queue = queue()
    for sequence in 0..<6 { _ = queue.append(pendingWindow(sequence)) }
    queue.finish()
    #expect(queue.nextBatch()?.sequences == [0, 1, 2, 3])
    #expect(queue.nextBatch()?.sequences == [4, 5])
    #expect(queue.nextBatch() == nil)
    #expect(queue.nextBatch() == nil)
    // A window that comes too late is handed back.
    #expect(queue.append(pendingWindow(6))?.window.sequence == 6)
  }

  @Test func cancellingHandsBackWhatWaitsAndSendsWorkersHome() throws {
    let queue = queue()
    let (thread, _) = try consume(queue)
    for sequence in 0..<3 { _ = queue.append(pendingWindow(sequence)) }
    #expect(queue.cancel().map(\.window.sequence) == [0, 1, 2])
    #expect(thread.join(untilNanoseconds: .max))
    #expect(queue.nextBatch() == nil)
  }

  @Test func aFeedThatBlocksWaitsForRoomAndLosesNothing() throws {
    let queue = queue(maximumBatch: 4, capacity: 4, policy: OverloadPolicy(whenFull: .block))
    let refused = Monitor(0)
    let (feed, _) = try PipelineThread.start(name: "feed") { (ready: (Int) -> Void) in
      ready(0)
      for sequence in 0..<100 where queue.append(pendingWindow(sequence)) != nil { refused.withLock { $0 += 1 } }
    }
    let (worker, taken) = try consume(queue)
    #expect(feed.join(untilNanoseconds: .max))
    queue.finish()
    #expect(worker.join(untilNanoseconds: .max))
    #expect(taken.withLock { $0.flatMap(\.self) } == Array(0..<100) && refused.withLock { $0 } == 0)
  }

  @Test func theEndFreesABlockedFeed() throws {
    let queue = queue(capacity: 1, policy: OverloadPolicy(whenFull: .block))
    let refused = Monitor<Int?>(nil)
    let (feed, _) = try PipelineThread.start(name: "feed") { (ready: (Int) -> Void) in
      ready(0)
      for sequence in 0..<2 {
        if let back = queue.append(pendingWindow(sequence)) { refused.withLock { $0 = back.window.sequence } }
      }
    }
    queue.finish()
    #expect(feed.join(untilNanoseconds: .max))
    // The first one went in, unless the end came before it.
    #expect(refused.withLock { $0 } == 1)
  }

  /// As when it is to end, and its message has more windows than the workers take by then.
  @Test func aFeedThatIsRefusedWaitsNoLonger() throws {
    let queue = queue(capacity: 1, policy: OverloadPolicy(whenFull: .block))
    let refused = Monitor<[Int]>([])
    let (feed, _) = try PipelineThread.start(name: "feed") { (ready: (Int) -> Void) in
      #expect(queue.append(pendingWindow(0)) == nil)
      ready(0)
      for sequence in 1..<4 {
        if let back = queue.append(pendingWindow(sequence)) { refused.withLock { $0.append(back.window.sequence) } }
      }
    }
    queue.refuse(0)
    #expect(feed.join(untilNanoseconds: .max))
    #expect(refused.withLock { $0 } == [1, 2, 3])
    #expect(queue.close(0).map(\.window.sequence) == [0])
    queue.open(0, LaneFeed())
    #expect(queue.append(pendingWindow(4)) == nil)
  }

  /// Who is told of it may ask the queue, or wait for a log that nobody reads.
  @Test func windowsExpireWithoutTheLock() throws {
    let time = Monitor(Int64(0))
    let clock = PipelineClock(monotonicNanoseconds: { time.withLock(\.self) }, microsecondsSince1970: { 0 })
    let asked = Monitor<(@Sendable () -> Int)?>(nil)
    let waiting = Monitor<[Int]>([])
    let queue = BatchQueue(
      BatchLanes(
        feeds: [LaneFeed(policy: OverloadPolicy(deadline: .seconds(1)))], maximumBatch: 4, maximumDelayNanoseconds: 0,
        capacity: 10),
      clock: clock, onExpired: { _ in waiting.withLock { $0.append(asked.withLock(\.self)?() ?? -1) } })
    asked.withLock { $0 = { queue.waiting(0) } }
    for (sequence, due) in [(0, Int64(1_000_000_000)), (1, 3_000_000_000)] {
      var window = pendingWindow(sequence)
      window.due = due
      #expect(queue.append(window) == nil)
    }
    time.withLock { $0 = 2_000_000_000 }
    #expect(queue.nextBatch()?.sequences == [1])
    time.withLock { $0 = 4_000_000_000 }
    var late = pendingWindow(2)
    late.due = 3_000_000_000
    #expect(queue.append(late) == nil)
    #expect(queue.nextBatch(until: 4_000_000_000) == nil)
    #expect(waiting.withLock(\.self) == [0, 0])
    asked.withLock { $0 = nil }
  }

  @Test func everyWindowIsHandedOutOnceUnderContention() throws {
    let queue = queue(maximumBatch: 7, delay: .microseconds(50), capacity: 1 << 20)
    let consumers = try (0..<4).map { _ in try consume(queue) }
    let producers = try (0..<3).map { producer in
      try PipelineThread.start(name: "producer") { (ready: (Int) -> Void) in
        ready(0)
        for number in 0..<5000 { _ = queue.append(pendingWindow(producer * 5000 + number)) }
      }.thread
    }
    for producer in producers { #expect(producer.join(untilNanoseconds: .max)) }
    queue.finish()
    for consumer in consumers { #expect(consumer.thread.join(untilNanoseconds: .max)) }
    let all = consumers.flatMap { $0.taken.withLock { $0.flatMap(\.self) } }
    #expect(all.sorted() == Array(0..<15_000))
  }
}
