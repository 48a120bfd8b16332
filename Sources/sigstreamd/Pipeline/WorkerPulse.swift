/// Whether the workers work: when each last finished an inference, and how its last trial went.
///
/// A worker that has nothing to do classifies a window of zeros now and then, so that a thread that hangs, or a model that
/// can no longer be run, is noticed before samples come.
final class WorkerPulse: Sendable {
  private struct Beat: Sendable {
    /// By the monotonic clock, in nanoseconds.
    var last: Int64
    var isWell = false
  }
  private let beats: Monitor<[Beat]>
  private let clock: PipelineClock
  /// How long a worker is idle before it tries.
  let trialInterval: Duration

  init(workers: Int, trialInterval: Duration, clock: PipelineClock) {
    beats = Monitor([Beat](repeating: Beat(last: .min), count: workers))
    (self.clock, self.trialInterval) = (clock, trialInterval)
  }

  /// A batch was classified, well or not: the thread is alive.
  func beat(_ worker: Int) {
    beats.withLock { $0[worker].last = clock.monotonicNanoseconds() }
  }

  /// A trial ended.
  func beat(_ worker: Int, trialIsWell: Bool) {
    beats.withLock { $0[worker] = Beat(last: clock.monotonicNanoseconds(), isWell: trialIsWell) }
  }

  /// Whether every worker has finished an inference within the last `time`.
  func isAlive(within time: Duration) -> Bool {
    let since = clock.monotonicNanoseconds() - time.wholeNanoseconds
    return beats.withLock { $0.allSatisfy { $0.last > since } }
  }

  /// Workers whose last trial failed, or that have not tried yet.
  var ill: [Int] { beats.withLock { beats in beats.indices.filter { !beats[$0].isWell } } }
}
