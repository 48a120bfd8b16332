import Foundation
import StreamIO
import Testing

@testable import sigstreamd

@Suite(.timeLimit(.minutes(5))) struct HistoryWriterTests {
  private let folder: HistoryFolder
  private let feed = LiveFeed(place: 0)
  private var counters: FeedCounters { feed.counters }
  private let stored = Monitor<[Int]>([])
  private let writer: HistoryWriter
  private let lines: Monitor<[String]>

  init() throws {
    folder = try HistoryFolder()
    let (logger, lines) = LogRecorder.make()
    self.lines = lines
    writer = HistoryWriter(
      HistoryConfiguration(path: folder.path, keep: HistoryRetention()), clock: .system,
      logger: logger
    ) { [stored] record in stored.withLock { $0.append(record.result.sequence) } }
  }

  private func wait(_ thread: PipelineThread) { #expect(thread.join(untilNanoseconds: .max)) }

  @Test func writesWhatWasPublishedInItsOrderAndTellsWhenItIsThere() throws {
    let thread = try writer.start()
    #expect(try writer.positions(feed: "ecg") == [:])
    for number in 0..<10_000 { writer.offer(.sample(number, of: feed), isBounded: true) }
    #expect(writer.flush(within: .seconds(60)))
    #expect(stored.withLock { $0 } == Array(0..<10_000))
    #expect(try folder.bodies().count == 10_000)
    writer.offer(.sample(10_000, of: feed), isBounded: true)
    writer.finish()
    wait(thread)
    #expect(try folder.bodies().last == "a 0 10000", "the end waits for what was offered")
    #expect(counters.counts.historyLost == 0)
  }

  /// Another program holds the file, as slow a disc as there can be: the daemon goes on, and what has no room is counted.
  @Test func aDiscThatTakesNothingCostsOnlyWhatHasNoRoomAndMayBeLost() throws {
    let thread = try writer.start()
    let total = HistoryWriter.capacity + 5000
    try folder.hold {
      for number in 0..<total { writer.offer(.sample(number, of: feed), isBounded: true) }
      #expect(writer.isBehind)
      for number in total..<total + 100 { writer.offer(.sample(number, of: feed), isBounded: false) }
    }
    #expect(writer.flush(within: .seconds(60)))
    #expect(!writer.isBehind && writer.waitingResults == 0)
    let (lost, kept) = (counters.counts.historyLost, stored.withLock { $0 })
    // The thread may have had a commit's worth in its hands.
    #expect(lost > 0 && lost <= 5000 && kept.count + lost == total + 100)
    #expect(Array(kept.suffix(100)) == Array(total..<total + 100), "those that are acknowledged are never lost")
    #expect(try folder.bodies().count == kept.count)
    writer.finish()
    wait(thread)
  }

  @Test func theEndWaitsForNoDisc() throws {
    let thread = try writer.start()
    // What is there is not what it was: every write fails from now on.
    try folder.change("DROP TABLE result")
    for number in 0..<3 { writer.offer(.sample(number, of: feed), isBounded: false) }
    writer.finish()
    wait(thread)
    #expect(counters.counts.historyLost == 3)
    #expect(stored.withLock { $0.isEmpty })
    #expect(lines.withLock { $0.contains { $0.hasPrefix("error: the history can't be written: \(folder.path): ") } })
  }

  @Test func feedsThatLoseNothingAreToldWhenItIsFull() throws {
    let thread = try writer.start()
    var count = 0
    try folder.hold {
      while !writer.isFull {
        writer.offer(.sample(count, of: feed), isBounded: false)
        count += 1
      }
      #expect(writer.waitingResults == count && count <= HistoryWriter.capacity + 4096)
    }
    #expect(writer.flush(within: .seconds(60)))
    #expect(!writer.isFull && writer.waitingResults == 0)
    writer.finish()
    wait(thread)
  }

  /// Another program holds the file over the stop, for longer than that waits.
  @Test func whatTheEndCanNotWriteIsCounted() throws {
    let thread = try writer.start()
    for number in 0..<10 { writer.offer(.sample(number, of: feed), isBounded: true) }
    #expect(writer.flush(within: .seconds(60)))
    let total = 10 + 3 * 4096
    try folder.hold {
      for number in 10..<total { writer.offer(.sample(number, of: feed), isBounded: number.isMultiple(of: 2)) }
      #expect(writer.waitingResults == total - 10)
      writer.finish()
      let isOver = thread.join(untilNanoseconds: MonotonicClock.nanoseconds() + 9_000_000_000)
      #expect(isOver, "within the time that the pipeline gives it")
    }
    writer.abandon()
    writer.offer(.sample(total, of: feed), isBounded: false)
    #expect(writer.waitingResults == 0)
    #expect(counters.counts.historyLost == total + 1 - 10)
    #expect(try folder.bodies().count == 10)
  }

  /// The pipeline gives up before the thread does.
  @Test func whatIsAbandonedIsCountedOnce() throws {
    let thread = try writer.start()
    try folder.hold {
      for number in 0..<5000 { writer.offer(.sample(number, of: feed), isBounded: true) }
      writer.finish()
      // By now the first of them may be in the thread's hands.
      writer.abandon()
      #expect(counters.counts.historyLost == 5000)
      wait(thread)
    }
    #expect(counters.counts.historyLost == 5000)
    #expect(writer.waitingResults == 0)
    #expect(try folder.bodies().isEmpty)
  }

  @Test func resultsOfADeletedHistoryAreStoredInANewOneBeforeTheyAreAcknowledged() throws {
    let thread = try writer.start()
    writer.offer(.sample(0, of: feed), isBounded: false)
    #expect(writer.flush(within: .seconds(60)))
    try FileManager.default.removeItem(atPath: folder.path)
    writer.offer(.sample(1, of: feed), isBounded: false)
    #expect(writer.flush(within: .seconds(60)))
    #expect(stored.withLock { $0 } == [0, 1])
    #expect(try folder.bodies() == ["a 0 1"])
    #expect(lines.withLock { $0.contains { $0.contains("was deleted or moved away") } })
    writer.finish()
    wait(thread)
    #expect(counters.counts.historyLost == 0)
  }
}
