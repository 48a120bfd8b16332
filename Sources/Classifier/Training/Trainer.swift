import CKernels
import Dispatch

/// What training tells its observer.
package enum TrainingEvent: Sendable {
  /// After each optimiser step.
  case step(TrainingStep)
  /// After each epoch, with the validation set's figures where there is one.
  case epoch(TrainingEpoch)
}

package struct TrainingStep: Sendable {
  /// From 1.
  package let step: Int
  /// All steps of the run.
  package let steps: Int
  /// From 1.
  package let epoch: Int
  /// Mean over the batch, before the step.
  package let loss: Double
  package let learningRate: Double
  /// Global norm before clipping.
  package let gradientNorm: Double
  /// Windows of this step by its time, forward, backward and update.
  package let sequencesPerSecond: Double
}

package struct TrainingEpoch: Sendable {
  /// From 1.
  package let epoch: Int
  /// Mean of the steps' losses.
  package let trainingLoss: Double
  package let validationLoss: Double?
  package let validation: Evaluation?
  /// Whether this is the best epoch so far, whose weights are kept.
  package let isBest: Bool
  /// The model as it is now; without anomaly statistics.
  package let model: Model
}

/// Trains a model by the recipe of ``TrainingOptions``.
///
/// With a validation set the weights of the epoch with the best macro-F1 (then the lowest loss) are kept, else the last.
/// The same seed gives the same model, bit for bit, for any number of threads.
package struct Trainer {
  private let network: Network
  private let options: TrainingOptions
  private var model: Model
  private var best: (model: Model, macroF1: Double, loss: Double)?

  /// - Parameter model: where training starts: random weights, or a checkpoint's.
  package init(model: Model, options: TrainingOptions) {
    network = Network(model.architecture)
    self.options = options
    self.model = model
  }

  /// Bytes that training takes, apart from the windows themselves: activations, gradients, weights and moments.
  ///
  /// - Parameter window: samples per window, a multiple of 8.
  package static func memoryBytes(_ architecture: Architecture, window: Int, options: TrainingOptions) -> Int {
    let network = Network(architecture)
    // The weights, the best epoch's, and the two moments of AdamW.
    let model = 4 * network.layout.totalCount * MemoryLayout<Float>.stride
    return model + MicroBatches.byteCount(network, window: window, options: options)
  }

  /// Trains and returns the kept model with its anomaly statistics.
  ///
  /// - Parameters:
  ///   - shouldStop: asked after each step; once true, training ends and what is best so far is returned.
  package mutating func run(
    training: LabelledWindows, validation: LabelledWindows?, observer: (TrainingEvent) throws -> Void,
    shouldStop: () -> Bool
  ) rethrows -> Model {
    try optimise(training: training) { step in
      try observer(.step(step))
    } epochEnded: { trainer, epoch, losses in
      try observer(.epoch(trainer.keep(epoch: epoch, losses, validation)))
    } shouldStop: {
      shouldStop()
    }
    return withNovelty(best?.model ?? model, training, validation)
  }

  /// All optimiser steps. `epochEnded` is given this trainer, the epoch and its steps' losses; an epoch that is cut short
  /// counts as ended.
  private mutating func optimise(
    training: LabelledWindows, stepEnded: (TrainingStep) throws -> Void,
    epochEnded: (inout Trainer, Int, [Double]) throws -> Void, shouldStop: () -> Bool
  ) rethrows {
    precondition(training.count > 0)
    let runner = MicroBatches(network, input: model.input, window: training.windowSamples, options: options)
    var optimiser = AdamW(network.layout, decay: options.weightDecay)
    let steps = options.steps(windows: training.count)
    let schedule = LearningRateSchedule(options, steps: steps)
    var generator = SplitMix64(seed: options.seed)
    var order = Array(0..<training.count)
    var step = 0
    var stopped = false
    for epoch in 1...options.epochs where !stopped {
      if options.shuffle { order.shuffle(using: &generator) }
      var losses: [Double] = []
      for start in stride(from: 0, to: order.count, by: options.batch) where !stopped {
        let batch = order[start..<min(start + options.batch, order.count)]
        let begun = DispatchTime.now().uptimeNanoseconds
        let rate = schedule.rate(step: step)
        let (loss, norm) = self.step(
          training, batch, runner, &optimiser, learningRate: rate, seed: generator.next())
        let seconds = Double(DispatchTime.now().uptimeNanoseconds - begun) * 1e-9
        losses.append(loss)
        step += 1
        try stepEnded(
          TrainingStep(
            step: step, steps: steps, epoch: epoch, loss: loss, learningRate: rate, gradientNorm: norm,
            sequencesPerSecond: Double(batch.count) / seconds))
        stopped = shouldStop()
      }
      try epochEnded(&self, epoch, losses)
    }
  }

  /// One optimiser step: micro-batches, clipping, AdamW.
  private mutating func step(
    _ set: LabelledWindows, _ batch: ArraySlice<Int>, _ runner: MicroBatches, _ optimiser: inout AdamW,
    learningRate: Double, seed: UInt64
  ) -> (loss: Double, gradientNorm: Double) {
    let trainable = network.layout.trainableCount
    let clip = options.clip
    let result = model.parameters.withUnsafeMutableBufferPointer { parameters in
      let base = parameters.baseAddress!
      let (loss, count) = runner.run(set, batch, parameters: base, seed: seed)
      let norm = ck_sum_of_squares(runner.gradient, trainable).squareRoot()
      // As PyTorch's clip_grad_norm_ has it.
      optimiser.update(
        base, gradients: runner.gradient, learningRate: learningRate, scale: min(1, clip / (norm + 1e-6)))
      return (loss: loss, norm: norm, count: count)
    }
    model.batchesTracked += result.count
    return (result.loss, result.norm)
  }

  /// Measures the epoch and keeps its weights if they are the best so far.
  private mutating func keep(epoch: Int, _ losses: [Double], _ validation: LabelledWindows?) -> TrainingEpoch {
    let trainingLoss = losses.reduce(0, +) / Double(max(losses.count, 1))
    var measured: (evaluation: Evaluation, loss: Double)?
    if let validation, validation.count > 0 {
      let outputs = BatchEvaluation(model, validation, threads: options.threads)
      measured = (
        Evaluation(labels: model.labels, truth: validation.labels, predicted: outputs.predicted),
        outputs.loss(options.loss, validation)
      )
    }
    let (score, loss) = (measured?.evaluation.macroF1 ?? Double(epoch), measured?.loss ?? trainingLoss)
    let isBest = best.map { (score, -loss) > ($0.macroF1, -$0.loss) } ?? true
    if isBest { best = (model, score, loss) }
    return TrainingEpoch(
      epoch: epoch, trainingLoss: trainingLoss, validationLoss: measured?.loss, validation: measured?.evaluation,
      isBest: isBest, model: model)
  }

  /// Fewest held-out windows for p-values; with fewer in the validation set, a fifth of the training windows is held
  /// out of the statistics instead.
  private static let fewestHeldOut = 20
  /// Training windows that the statistics are fitted to, at the most.
  private static let mostFitted = 5000

  private func withNovelty(_ model: Model, _ training: LabelledWindows, _ validation: LabelledWindows?) -> Model {
    var fitted = training
    if training.count > Self.mostFitted {
      // The rest of a split holds at least one window of each class.
      let share = 1 - Double(Self.mostFitted) / Double(training.count)
      fitted = training.stratifiedSplit(share: share, seed: options.seed).rest
    }
    var heldOut = validation
    if (validation?.count ?? 0) < Self.fewestHeldOut {
      let (rest, part) = fitted.stratifiedSplit(share: 0.2, seed: options.seed)
      (fitted, heldOut) = (rest, part)
    }
    let outputs = BatchEvaluation(model, fitted, threads: options.threads)
    let reference = heldOut.map { BatchEvaluation(model, $0, threads: options.threads).embeddings } ?? []
    var result = model
    result.novelty = NoveltyFit.statistics(
      embeddings: outputs.embeddings, labels: fitted.labels, heldOut: reference, dim: model.architecture.dim)
    return result
  }
}
