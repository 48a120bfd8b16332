import Testing

@testable import sigstreamd

struct ReplayScheduleTests {
  @Test func everyFrameIsSentOnceAndInOrder() {
    for count in [1, 63, 64, 65, 1000] {
      for block in [1, 7, 64, 2000] {
        let schedule = ReplaySchedule(
          frames: 100..<100 + count, blockFrames: block, sampleRateHz: 360, speed: .times(1))
        let sent = (0..<schedule.blockCount).flatMap { schedule.frames(ofBlock: $0) }
        #expect(sent == Array(100..<100 + count))
      }
    }
  }

  @Test func messagesAreDueWhenTheirLastSampleIsMeasured() {
    let schedule = ReplaySchedule(frames: 500..<600, blockFrames: 64, sampleRateHz: 100, speed: .times(2))
    #expect(schedule.dueTime(ofBlock: 0) == .milliseconds(320))
    #expect(schedule.dueTime(ofBlock: 1) == .milliseconds(500))
  }

  @Test func lastMessageOfADayIsDueExactlyADayAfterTheStart() {
    let schedule = ReplaySchedule(
      frames: 0..<360 * 86_400, blockFrames: 7, sampleRateHz: 360, speed: .times(1))
    #expect(schedule.dueTime(ofBlock: schedule.blockCount - 1) == .seconds(86_400))
  }

  @Test func atFullSpeedEverythingIsDueAtOnce() {
    let schedule = ReplaySchedule(frames: 0..<100, blockFrames: 10, sampleRateHz: 1, speed: .max)
    #expect(schedule.dueTime(ofBlock: 9) == .zero)
  }

  @Test func lastSampleOfAMessageIsMeasuredNow() {
    let schedule = ReplaySchedule(frames: 0..<100, blockFrames: 10, sampleRateHz: 1000, speed: .times(1))
    #expect(schedule.acquisitionMicroseconds(count: 10, now: 1_000_000) == 991_000)
    #expect(schedule.acquisitionMicroseconds(count: 1, now: 1_000_000) == 1_000_000)
  }

  @Test(arguments: [("1", ReplaySpeed.times(1)), ("0.5", .times(0.5)), ("10", .times(10)), ("max", .max)])
  func speedIsANumberOrMax(text: String, speed: ReplaySpeed) {
    #expect(ReplaySpeed(text) == speed)
  }

  @Test(arguments: ["", "0", "-1", "fast", "nan", "inf", "1e9", "MAX"])
  func speedThatIsNoneIsRefused(text: String) {
    #expect(ReplaySpeed(text) == nil)
  }

  @Test func partOfARecordingIsPickedByTime() throws {
    #expect(
      try ReplaySchedule.frames(from: .zero, duration: nil, sampleRateHz: 360, count: 1000) == 0..<1000)
    #expect(
      try ReplaySchedule.frames(from: .seconds(1), duration: .seconds(1), sampleRateHz: 360, count: 1000) == 360..<720)
    #expect(
      try ReplaySchedule.frames(from: .seconds(1), duration: .seconds(1e9), sampleRateHz: 360, count: 1000)
        == 360..<1000)
  }

  @Test func partThatIsEmptyIsRefused() {
    let late = #expect(throws: CommandFailure.self) {
      try ReplaySchedule.frames(from: .seconds(10), duration: nil, sampleRateHz: 100, count: 1000)
    }
    #expect(
      late?.message == "nothing to replay from 10s: the recording lasts 10s, choose an earlier --from")
    #expect(throws: CommandFailure.self) {
      try ReplaySchedule.frames(from: .zero, duration: .microseconds(1), sampleRateHz: 100, count: 1000)
    }
  }

  @Test func sleepEndsAtTheDeadlineOrWhenAsked() {
    let start = MonotonicClock.nanoseconds()
    MonotonicClock.sleep(until: start + 3_000_000) { false }
    #expect(MonotonicClock.nanoseconds() - start >= 3_000_000)
    // Returns at all only because it is asked to.
    MonotonicClock.sleep(until: .max) { true }
  }
}
