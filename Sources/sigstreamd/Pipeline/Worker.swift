import Logging
import Windowing

/// A thread that takes batches and classifies them, one core at a time.
struct Worker: Sendable {
  let number: Int
  let models: ModelLanes
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
      var memory = Memory()
      for case let (lane, entry?) in models.all.enumerated() { _ = try memory.classifier(of: entry.model, lane: lane) }
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
    for (lane, entry) in models.all.enumerated() {
      guard let entry else {
        memory.forget(lane: lane)
        continue
      }
      do {
        try memory.classifier(of: entry.model, lane: lane).tryOut()
      } catch {
        isWell = false
        if memory.failures.admit("trial", now: clock.monotonicNanoseconds()) != nil {
          logger.error("a trial of the model failed: \(error)", metadata: ["model": "\(entry.model.identity)"])
        }
      }
    }
    pulse.beat(number, trialIsWell: isWell)
  }

  /// What the thread keeps from one batch to the next.
  struct Memory {
    fileprivate var failures = LogLimiter()
    fileprivate var samples: [[Float]] = []
    // By lane.
    private var classifiers: [Int: (model: ServedModel, classifier: any WindowClassifier)] = [:]

    /// The classifier of the model that the lane has now, which is made where it had another one before.
    fileprivate mutating func classifier(of model: ServedModel, lane: Int) throws -> any WindowClassifier {
      if let (known, classifier) = classifiers[lane], known === model { return classifier }
      let classifier = try model.makeClassifier()
      classifiers[lane] = (model, classifier)
      return classifier
    }

    fileprivate mutating func forget(lane: Int) { classifiers[lane] = nil }
  }

  /// Fills in the outcomes of a batch, on the thread that made the classifiers.
  func classify(_ batch: inout Batch, _ memory: inout Memory) {
    let model = models[batch.lane].model
    batch.model = model
    memory.samples.append(contentsOf: batch.windows.lazy.map(\.samples))
    classify(memory.samples, model, &batch, &memory)
    // Given up before the batch is passed on: its storage will be written again, which copies what is shared.
    memory.samples.removeAll(keepingCapacity: true)
  }

  private func classify(
    _ samples: [[Float]], _ model: ServedModel, _ batch: inout Batch, _ memory: inout Memory
  ) {
    while batch.outcomes.count < samples.count { batch.outcomes.append(Classification()) }
    do {
      try memory.classifier(of: model, lane: batch.lane).classify(samples, into: &batch.outcomes)
      let labels = model.labels.count
      var failed = 0
      for index in samples.indices {
        precondition(
          batch.outcomes[index].probabilities.count == labels, "a classifier gives a probability for each label")
        guard !batch.outcomes[index].isFinite else { continue }
        batch.outcomes[index].fail()
        failed += 1
      }
      if failed > 0 {
        log("the model gave numbers that are not finite", windows: failed, of: model, &memory.failures)
      }
    } catch {
      log("\(error)", windows: samples.count, of: model, &memory.failures)
      for index in samples.indices { batch.outcomes[index].fail() }
    }
  }

  private func log(_ problem: String, windows: Int, of model: ServedModel, _ failures: inout LogLimiter) {
    guard let count = failures.admit("failed", now: clock.monotonicNanoseconds()) else { return }
    logger.error(
      "windows could not be classified: \(problem)",
      metadata: ["model": "\(model.identity)", "windows": "\(windows)", "count": "\(count)"])
  }
}
