import Testing

@testable import sigstreamd

struct SequenceTrackerTests {
  @Test func jumpsAreCountedPerStream() {
    var tracker = SequenceTracker()
    for (stream, sequence) in [("a", 5), ("b", 0), ("a", 6), ("a", 9), ("b", 1), ("b", 3)] {
      tracker.add(stream: stream, sequence: sequence)
    }
    #expect(tracker.missing == 3)
    #expect(tracker.restarts == 0)
    #expect(tracker.streamCount == 2)
  }

  @Test func numbersThatGoBackAreARestart() {
    var tracker = SequenceTracker()
    for sequence in [7, 8, 0, 1] { tracker.add(stream: "a", sequence: sequence) }
    #expect(tracker.missing == 0)
    #expect(tracker.restarts == 1)
  }

  @Test func heartbeatShowsTheLostTail() {
    var tracker = SequenceTracker()
    tracker.add(stream: "a", sequence: 3)
    #expect(tracker.missingTail(lastSent: ["a": 5, "never seen": 100]) == 2)
    #expect(tracker.missingTail(lastSent: [:]) == 0)
    #expect(tracker.missingTail(lastSent: ["a": 1]) == 0)
    #expect(tracker.missingTail(lastSent: ["a": .min]) == 0)
    #expect(tracker.missingTail(lastSent: ["a": .max]) == .max - 3)
  }

  @Test func absurdNumbersFromOutsideAreHarmless() {
    var tracker = SequenceTracker()
    for sequence in [Int.min, .max, .min, .max] { tracker.add(stream: "a", sequence: sequence) }
    #expect(tracker.missing == .max)
    #expect(tracker.missingTail(lastSent: ["a": .min]) == 0)
  }
}
