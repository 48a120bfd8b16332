import Classifier
import Dispatch
import Glibc

/// Windows per second of a model on one machine: `threads` predictors side by side, each on batches of `batch` windows.
struct InferenceBench {
  let model: PackedModel
  let batch: Int
  let threads: Int
  /// How long to measure, after a warm-up of a quarter of it.
  let seconds: Double
  /// How far other programs go first, as nice(1) has it; nil: not at all.
  var niceness: Int32?

  struct Result: Encodable {
    let windowsPerSecond: Double
    let windows: Int
    let seconds: Double
    /// Processor time of all threads.
    let processorSeconds: Double
    let batch: Int
    let threads: Int
    let precision: Precision
    let windowSamples: Int
  }

  func run() -> Result {
    _ = measure(seconds: seconds / 4)
    let (windows, elapsed, processor) = measure(seconds: seconds)
    return Result(
      windowsPerSecond: Double(windows) / elapsed, windows: windows, seconds: elapsed, processorSeconds: processor,
      batch: batch, threads: threads, precision: model.precision, windowSamples: model.model.input.window)
  }

  /// Runs batches until the time is up; the elapsed time ends with the last thread's last batch.
  private func measure(seconds: Double) -> (windows: Int, elapsed: Double, processor: Double) {
    let (begun, processorBegun) = (DispatchTime.now(), ProcessFigures.cpuSeconds)
    let deadline = begun + seconds
    var counts = [Int](repeating: 0, count: threads)
    counts.withUnsafeMutableBufferPointer { counts in
      // Each thread writes its own count only.
      nonisolated(unsafe) let counts = counts
      DispatchQueue.concurrentPerform(iterations: threads) { thread in
        // Linux has one for each thread, and Dispatch sets its own.
        if let niceness { _ = setpriority(__priority_which_t(PRIO_PROCESS.rawValue), 0, niceness) }
        let predictor = Predictor(model)
        let windows = BenchSignals.windows(
          batch, samples: predictor.window, channels: model.model.architecture.inputChannels, seed: UInt64(thread))
        var predictions = Predictions(model.model.architecture)
        repeat {
          predictor.predict(windows, into: &predictions)
          counts[thread] += batch
        } while DispatchTime.now() < deadline
      }
    }
    let elapsed = Double(DispatchTime.now().uptimeNanoseconds - begun.uptimeNanoseconds) * 1e-9
    return (counts.reduce(0, +), elapsed, ProcessFigures.cpuSeconds - processorBegun)
  }
}

/// Noise to measure with.
enum BenchSignals {
  /// `count` windows `[samples, channels]`, uniform in −1 ..< 1.
  static func windows(_ count: Int, samples: Int, channels: Int, seed: UInt64) -> [[Float]] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in (0..<samples * channels).map { _ in Float(2 * generator.uniform() - 1) } }
  }
}
