import Logging
import Windowing

/// A thread that takes batches and classifies them, one core at a time.
struct Worker: Sendable {
  let number: Int
  /// By lane.
  let models: [ServedModel]
  let queue: BatchQueue
  let pulse: WorkerPulse
  let times: StageTimes
  let clock: PipelineClock
  let logger: Logger
  /// Takes each batch when its windows have their outcomes.
  let output: @Sendable (Batch) -> Void

  /// Starts the thread, which tries every model first, and ends when the queue has no more batches.
  ///
  /// - Throws: what making a classifier throws.
  func start() throws -> PipelineThread {
    try PipelineThread.start(name: "worker \(number)") { (ready: (Int) -> Void) in
      var memory = Memory(classifiers: try models.map { try $0.makeClassifier() })
      tryModels(&memory)
      ready(number)
      while true {
        let trial = clock.monotonicNanoseconds().addingSaturated(pulse.trialInterval.wholeNanoseconds)
        if var batch = queue.nextBatch(until: trial) {
          let begun = clock.monotonicNanoseconds()
          classify(&batch, &memory)
          batch.classified = clock.monotonicNanoseconds()
          times.add(.classify, nanoseconds: batch.classified - begun)
          pulse.beat(number)
          output(consume batch)
        } else if queue.hasEnded {
          return
        } else {
          tryModels(&memory)
        }
      }
    }.thread
  }

  /// Tries whether each model can be run.
  private func tryModels(_ memory: inout Memory) {
    var isWell = true
    for (model, classifier) in zip(models, memory.classifiers) {
      do {
        try classifier.tryOut()
      } catch {
        isWell = false
        if memory.failures.admit("trial", now: clock.monotonicNanoseconds()) != nil {
          logger.error("a trial of the model failed: \(error)", metadata: ["model": "\(model.identity)"])
        }
      }
    }
    pulse.beat(number, trialIsWell: isWell)
  }

  /// What the thread keeps from one batch to the next.
  struct Memory {
    /// By lane.
    let classifiers: [any WindowClassifier]
    var failures = LogLimiter()
    fileprivate var samples: [[Float]] = []

    init(classifiers: [any WindowClassifier]) { self.classifiers = classifiers }
  }

  /// Fills in the outcomes of a batch, on the thread that made the classifiers.
  func classify(_ batch: inout Batch, _ memory: inout Memory) {
    memory.samples.append(contentsOf: batch.windows.lazy.map(\.samples))
    classify(memory.samples, memory.classifiers[batch.lane], &batch, failures: &memory.failures)
    // Given up before the batch is passed on: its storage will be written again, which copies what is shared.
    memory.samples.removeAll(keepingCapacity: true)
  }

  private func classify(
    _ samples: [[Float]], _ classifier: any WindowClassifier, _ batch: inout Batch, failures: inout LogLimiter
  ) {
    while batch.outcomes.count < samples.count { batch.outcomes.append(Classification()) }
    do {
      try classifier.classify(samples, into: &batch.outcomes)
      let labels = models[batch.lane].labels.count
      var failed = 0
      for index in samples.indices {
        precondition(
          batch.outcomes[index].probabilities.count == labels, "a classifier gives a probability for each label")
        guard !batch.outcomes[index].isFinite else { continue }
        batch.outcomes[index].fail()
        failed += 1
      }
      if failed > 0 {
        log("the model gave numbers that are not finite", windows: failed, of: batch, failures: &failures)
      }
    } catch {
      log("\(error)", windows: samples.count, of: batch, failures: &failures)
      for index in samples.indices { batch.outcomes[index].fail() }
    }
  }

  private func log(_ problem: String, windows: Int, of batch: Batch, failures: inout LogLimiter) {
    guard let count = failures.admit("failed", now: clock.monotonicNanoseconds()) else { return }
    logger.error(
      "windows could not be classified: \(problem)",
      metadata: ["model": "\(models[batch.lane].identity)", "windows": "\(windows)", "count": "\(count)"])
  }
}
