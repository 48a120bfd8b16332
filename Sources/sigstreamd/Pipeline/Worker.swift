import Logging
import StreamIO
import Windowing

/// A batch whose windows have their results.
struct CompletedBatch: Sendable {
  var lane: Int
  var ticket: Int
  /// The feed's place in the configuration, and the result without the times of its publication.
  var results: [(feed: Int, result: WindowResult)]
}

/// A thread that takes batches and classifies them, one core at a time.
struct Worker: Sendable {
  let number: Int
  /// By lane.
  let models: [ServedModel]
  /// The names of the feeds, by their places.
  let feeds: [String]
  let queue: BatchQueue
  let clock: PipelineClock
  let logger: Logger
  let output: @Sendable (CompletedBatch) -> Void

  /// Starts the thread, which ends when the queue has no more batches.
  ///
  /// - Throws: what making a classifier throws.
  func start() throws -> PipelineThread {
    try PipelineThread.start(name: "worker \(number)") { (ready: (Int) -> Void) in
      let classifiers = try models.map { try $0.makeClassifier() }
      ready(number)
      var failures = LogLimiter()
      while let batch = queue.nextBatch() {
        let outcomes = classify(batch, classifiers[batch.lane], failures: &failures)
        let results = zip(batch.windows, outcomes).map { window, outcome in
          let result = WindowResult(
            feed: feeds[window.feed], stream: window.stream, window: window.window, outcome, model: models[batch.lane])
          return (window.feed, result)
        }
        output(CompletedBatch(lane: batch.lane, ticket: batch.ticket, results: results))
      }
    }.thread
  }

  /// One outcome a window; nil where there is none to be had.
  private func classify(
    _ batch: Batch, _ classifier: any WindowClassifier, failures: inout LogLimiter
  ) -> [Classification?] {
    do {
      let outcomes = try classifier.classify(batch.windows.map(\.window.samples))
      let labels = models[batch.lane].labels.count
      guard outcomes.count == batch.windows.count, outcomes.allSatisfy({ $0.probabilities.count == labels }) else {
        preconditionFailure("a classifier gives one result for each window, with one probability for each label")
      }
      let failed = outcomes.count { !$0.isFinite }
      if failed > 0 {
        log("the model gave numbers that are not finite", windows: failed, of: batch, failures: &failures)
      }
      return outcomes.map { $0.isFinite ? $0 : nil }
    } catch {
      log("\(error)", windows: batch.windows.count, of: batch, failures: &failures)
      return [Classification?](repeating: nil, count: batch.windows.count)
    }
  }

  private func log(_ problem: String, windows: Int, of batch: Batch, failures: inout LogLimiter) {
    guard let count = failures.admit("failed", now: clock.monotonicNanoseconds()) else { return }
    logger.error(
      "windows could not be classified: \(problem)",
      metadata: ["model": "\(models[batch.lane].identity)", "windows": "\(windows)", "count": "\(count)"])
  }
}
