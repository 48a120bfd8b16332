import Classifier
import Testing
import Windowing

@testable import sigstreamd

/// The promises of docs/reliability.md, in simulated time; `bench overload` checks them on the running pipeline.
@Suite struct OverloadTests {
  typealias Source = OverloadSimulation.Source
  static let deadline = OverloadPolicy(deadline: .milliseconds(500))

  /// 100 windows/s can be classified, 300 come from 64 streams; batches take up to a third longer or shorter.
  @Test func threeTimesTheCapacityIsCarriedAsPromised() {
    var simulation = OverloadSimulation([Self.deadline])
    simulation.jitter = 0.33
    // One after the other, 300 a second and then 50.
    func sources(perMillisecond rate: Double, from: Double, until: Double) -> [Source] {
      (0..<64).map {
        Source(stream: "s\($0)", intervalMilliseconds: 64 / rate, from: from + Double($0) / rate, until: until)
      }
    }
    simulation.run(
      sources(perMillisecond: 0.3, from: 0, until: 30_000) + sources(perMillisecond: 0.05, from: 30_000, until: 34_000))
    let under = simulation.published.filter { $0.milliseconds < 30_000 }
    // All of them, not 99 %: what would be late is not published.
    #expect(under.allSatisfy { $0.age <= 500 && !$0.isLate })
    // Little is classified in vain: of the 3000 windows that there is time for.
    #expect(under.count > 2700)
    let shares = Dictionary(grouping: under, by: \.stream).values.map { Double($0.count) }
    #expect(shares.count == 64 && jainIndex(shares) >= 0.95)
    // What comes within a deadline and a batch's time waits, no more.
    #expect(simulation.mostWaiting <= 175)
    #expect(!simulation.expired.contains { $0.milliseconds > 31_000 })
    #expect(simulation.published.allSatisfy { $0.milliseconds < 31_000 || $0.age < 200 })
    #expect(simulation.formed[0] == simulation.published.count + simulation.expired.count)
    #expect(simulation.dropped.isEmpty)
  }

  @Test func aStreamThatSendsTenTimesAsMuchTakesNothingFromTheOthers() {
    var simulation = OverloadSimulation([Self.deadline])
    // 100 windows/s can be classified: 7 streams ask for 8 each, one for 200.
    let quiet = (0..<7).map { Source(stream: "s\($0)", intervalMilliseconds: 125, until: 20_000) }
    simulation.run(quiet + [Source(stream: "loud", intervalMilliseconds: 5, until: 20_000)])
    let byStream = Dictionary(grouping: simulation.published, by: \.stream).mapValues(\.count)
    #expect((0..<7).allSatisfy { byStream["s\($0)"] == 160 })
    #expect((byStream["loud"] ?? 0) > 700)
  }

  @Test func overloadedFeedsShareByWeightAndOneThatAsksForLessGetsItAll() {
    var heavy = Self.deadline
    heavy.weight = 3
    var simulation = OverloadSimulation([heavy, Self.deadline, Self.deadline])
    simulation.run([
      Source(feed: 0, stream: "a", intervalMilliseconds: 5, until: 30_000),
      Source(feed: 1, stream: "b", intervalMilliseconds: 5, until: 30_000),
      // 10 of 100 windows/s, of which its weight allows it 20.
      Source(feed: 2, stream: "c", intervalMilliseconds: 100, until: 30_000),
    ])
    let counts = Dictionary(grouping: simulation.published, by: \.feed).mapValues { Double($0.count) }
    // But for the first windows to be lost, by which the overload is known, which may be anyone's.
    #expect(simulation.expired.allSatisfy { $0.feed != 2 || $0.milliseconds < 1000 })
    #expect((counts[2] ?? 0) >= 298)
    let ratio = (counts[0] ?? 0) / (counts[1] ?? 1)
    #expect(abs(ratio - 3) < 0.15)
  }

  @Test func theEarliestDeadlineGoesFirstWhereAllCanBeMet() {
    // 100 windows/s can be classified; 70 come in bursts, and first come first served would make the urgent feed late.
    var simulation = OverloadSimulation([
      OverloadPolicy(deadline: .milliseconds(4000)), OverloadPolicy(deadline: .milliseconds(250)),
    ])
    let patient = (0..<120).map { Source(feed: 0, stream: "p\($0)", intervalMilliseconds: 2000, until: 20_000) }
    simulation.run(patient + [Source(feed: 1, stream: "u", intervalMilliseconds: 100, until: 20_000)])
    #expect(simulation.expired.isEmpty)
    #expect(simulation.published.filter { $0.feed == 1 }.count == 200)
    #expect(simulation.published.filter { $0.feed == 0 }.count == 1200)
  }

  @Test func flaggedWindowsAreAllPublished() {
    var policy = Self.deadline
    policy.whenLate = .flag
    var simulation = OverloadSimulation([policy])
    simulation.run([Source(stream: "s", intervalMilliseconds: 5, until: 5000)])
    #expect(simulation.published.count == 1000 && simulation.expired.isEmpty)
    #expect(simulation.published.allSatisfy { $0.isLate == ($0.age > 500) })
    #expect(simulation.published.contains { $0.isLate })
    // In order, however late.
    #expect(simulation.published.map(\.sequence) == Array(0..<1000))
  }

  /// A window takes longer than the deadline: nothing can be published, and each goes the same way.
  @Test func aModelSlowerThanTheDeadlinePublishesNothingAndGoesOn() {
    var simulation = OverloadSimulation([OverloadPolicy(deadline: .milliseconds(30))])
    simulation.windowMilliseconds = 40
    simulation.run([Source(stream: "s", intervalMilliseconds: 10, until: 2000)])
    #expect(simulation.published.isEmpty && simulation.expired.count == 200)
  }

  /// One batch that took a second must not make all later windows seem late.
  @Test func aStallIsForgotten() {
    var lanes = BatchLanes(
      feeds: [LaneFeed(policy: Self.deadline)], maximumBatch: 4, maximumDelayNanoseconds: 0, capacity: 100)
    var expired = 0
    func classify(_ sequence: Int, at milliseconds: Int64, taking duration: Int64) {
      var window = pendingWindow(sequence)
      window.due = (milliseconds + 500) * 1_000_000
      _ = lanes.append(window, now: milliseconds * 1_000_000)
      guard var batch = lanes.take(now: milliseconds * 1_000_000, expired: { _ in expired += 1 }) else { return }
      lanes.recycle(&batch, now: (milliseconds + duration) * 1_000_000)
    }
    classify(0, at: 0, taking: 10)
    classify(1, at: 1000, taking: 1000)
    for sequence in 2..<20 { classify(sequence, at: Int64(sequence) * 2000, taking: 10) }
    #expect(expired == 0)
  }

  @Test(arguments: [
    (OverloadPolicy.WhenFull.dropOldest, [1, 2, 3], [0]), (.dropNewest, [0, 1, 2], [3]),
  ])
  func aFullQueueDropsAtTheEndAskedFor(policy: OverloadPolicy.WhenFull, kept: [Int], dropped: [Int]) {
    var lanes = BatchLanes(
      feeds: [LaneFeed(policy: OverloadPolicy(whenFull: policy))], maximumBatch: 3, maximumDelayNanoseconds: 0,
      capacity: 3)
    let back = (0..<4).compactMap { lanes.append(pendingWindow($0), now: 0)?.window.sequence }
    #expect(back == dropped)
    #expect(lanes.take(now: 0)?.sequences == kept)
  }

  @Test(arguments: [OverloadPolicy.WhenFull.dropOldest, .dropNewest])
  func theStreamWithTheMostWaitingMakesRoom(policy: OverloadPolicy.WhenFull) {
    var simulation = OverloadSimulation([OverloadPolicy(whenFull: policy)])
    simulation.capacity = 16
    simulation.run([
      Source(stream: "loud", intervalMilliseconds: 2, until: 5000),
      Source(stream: "quiet", intervalMilliseconds: 100, until: 5000),
    ])
    #expect(simulation.published.count { $0.stream == "quiet" } == 50)
    #expect(simulation.dropped.allSatisfy { $0.stream == "loud" })
    #expect(simulation.formed[0] == simulation.published.count + simulation.dropped.count)
  }

  @Test func aWindowFromTheFutureHasNoMoreTimeThanItsDeadline() {
    let clock = PipelineClock(monotonicNanoseconds: { 7 }, microsecondsSince1970: { 1_000_000 })
    func due(_ policy: OverloadPolicy = Self.deadline, date: Int64) -> Int64 {
      policy.due(acquired: clock.moment().monotonicNanoseconds(ofDate: date), now: clock.monotonicNanoseconds())
    }
    #expect(due(date: 1_000_000) == 500_000_007)
    #expect(due(date: 900_000) == 400_000_007)
    #expect(due(date: 2_000_000) == 500_000_007)
    #expect(due(date: .max) == 500_000_007)
    #expect(due(date: .min) <= 0)
    #expect(due(OverloadPolicy(), date: 0) == .max)
  }
}
