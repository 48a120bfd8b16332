import Testing

@testable import sigstreamd

@Suite struct LogLimiterTests {
  @Test func speaksAtOnceThenOnceAnIntervalWithTheCount() {
    var limiter = LogLimiter(interval: .seconds(10))
    let second: Int64 = 1_000_000_000
    #expect(limiter.admit("type", now: 0) == 1)
    #expect(limiter.admit("type", now: 1) == nil)
    #expect(limiter.admit("type", now: 9 * second) == nil)
    #expect(limiter.admit("type", now: 10 * second) == 3)
    #expect(limiter.admit("type", now: 11 * second) == nil)
    #expect(limiter.admit("type", now: 20 * second) == 2)
    #expect(limiter.admit("type", now: 99 * second) == 1)
  }

  /// A burst after which nothing more happens: what was passed over is told once, when its interval is over.
  @Test func theEndOfABurstIsToldWithoutAnotherEvent() {
    var limiter = LogLimiter(interval: .seconds(10))
    let second: Int64 = 1_000_000_000
    #expect(limiter.admit("type", now: 0) == 1)
    for count in 1...7 { #expect(limiter.admit("type", now: Int64(count)) == nil) }
    #expect(limiter.admit("shape", now: second) == 1)
    #expect(limiter.flush(now: 9 * second) == [:])
    #expect(limiter.flush(now: 10 * second) == ["type": 7])
    #expect(limiter.flush(now: 99 * second) == [:])
    #expect(limiter.admit("type", now: 99 * second) == 1)
  }

  @Test func eachReasonHasItsOwnTurn() {
    var limiter = LogLimiter()
    #expect(limiter.admit("type", now: 0) == 1)
    #expect(limiter.admit("shape", now: 0) == 1)
    #expect(limiter.admit("shape", now: 0) == nil)
  }
}
