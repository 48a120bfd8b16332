import Synchronization
import Testing

@testable import sigstreamd

struct WorkerPulseTests {
  @Test func everyWorkerHasToHaveFinishedAnInferenceOfLate() {
    let time = Monitor(Int64(1_000_000_000_000))
    let clock = PipelineClock(
      monotonicNanoseconds: { time.withLock { $0 } }, microsecondsSince1970: { 0 })
    let pulse = WorkerPulse(workers: 2, trialInterval: .seconds(5), clock: clock)
    #expect(!pulse.isAlive(within: .seconds(10)), "none has finished any")
    #expect(pulse.ill == [0, 1])
    pulse.beat(0, trialIsWell: true)
    #expect(!pulse.isAlive(within: .seconds(10)) && pulse.ill == [1])
    pulse.beat(1, trialIsWell: false)
    #expect(pulse.isAlive(within: .seconds(10)) && pulse.ill == [1])
    time.withLock { $0 += 9_000_000_000 }
    pulse.beat(0)
    time.withLock { $0 += 2_000_000_000 }
    #expect(!pulse.isAlive(within: .seconds(10)), "worker 1 has been silent for 11 s")
    pulse.beat(1, trialIsWell: true)
    #expect(pulse.isAlive(within: .seconds(10)) && pulse.ill == [])
  }

  @Test func idleWorkersTryTheirModelsAndAFailureIsSeen() throws {
    let isBroken = Monitor(false)
    let trials = Monitor(0)
    struct Broken: Error {}
    let model = EchoClassifier.model(
      EchoClassifier(trial: {
        trials.withLock { $0 += 1 }
        if isBroken.withLock({ $0 }) { throw Broken() }
      }))
    let harness = try PipelineHarness(
      ["m": model], timing: PipelineTiming(trial: .milliseconds(5), heartbeat: .milliseconds(5)))
    #expect(trials.withLock { $0 } >= 2, "each of two workers has tried before the start")
    #expect(harness.pipeline.obstacle == nil)
    isBroken.withLock { $0 = true }
    try harness.receive { _ in harness.pipeline.pulse.ill == [0, 1] }
    #expect(harness.pipeline.obstacle == "workers 0, 1 could not run a model")
    isBroken.withLock { $0 = false }
    try harness.receive { _ in harness.pipeline.pulse.ill == [] }
    _ = try harness.drain()
  }
}
