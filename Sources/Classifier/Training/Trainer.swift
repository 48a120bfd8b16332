import Dispatch

/// What training tells its observer.
package enum TrainingEvent: Sendable {
  /// After each optimiser step.
  case step(TrainingStep)
  /// After each epoch, with the validation set's figures where there is one.
  case epoch(TrainingEpoch)
  /// After each epoch, after every ``TrainingOptions/saveEvery`` steps and before training is cut short: what it can go
  /// on from.
  case state(TrainingState)
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
  /// Whether training ends here since no epoch was better for so long.
  package let endsEarly: Bool
  /// The model as it is now, averaged if so asked for; without anomaly statistics.
  package let model: Model
}

/// Trains a model by the recipe of ``TrainingOptions``.
///
/// With a validation set the weights of the best epoch by the metric (then by the loss) are kept, else the last. The same
/// seed gives the same model, bit for bit, for any number of threads and of ranks, which all hold the whole model: each
/// runs its share of a batch's micro-batches, and steps its slice of the parameters.
package struct Trainer {
  private let network: Network
  private let options: TrainingOptions
  private let group: any TrainingGroup
  private var model: Model
  /// Of the model's numbers, where one was asked for.
  private var average: WeightAverage?
  private var best: (model: Model, epoch: Int, score: Double, loss: Double)?
  private var optimiser: AdamW
  private var position = TrainingState.Position()

  /// - Parameters:
  ///   - model: where training starts: random weights, or a checkpoint's; no ensemble.
  ///   - group: the processes that train it, all with the same model, options and windows.
  package init(model: Model, options: TrainingOptions, group: any TrainingGroup = SingleProcess()) {
    precondition(model.memberCount == 1, "the members of an ensemble are trained one by one")
    network = Network(model.architecture)
    self.options = options
    self.group = group
    self.model = model
    // Those that it comes with are of other weights than it will have.
    (self.model.novelty, self.model.quantisation) = (nil, nil)
    average = options.averageDecay.map { WeightAverage(model.parameters, decay: $0) }
    optimiser = AdamW(network.layout, decay: options.weightDecay)
  }

  /// Goes on from `state`, which a run with the same model and options left; nil where it is of another network.
  package init?(
    model: Model, options: TrainingOptions, resuming state: TrainingState, group: any TrainingGroup = SingleProcess()
  ) {
    self.init(model: model, options: options, group: group)
    guard state.fits(network.layout, hasAverage: options.averageDecay != nil) else { return nil }
    position = state.position
    (self.model.parameters, self.model.batchesTracked) = (state.parameters, state.batchesTracked)
    optimiser = AdamW(network.layout, decay: options.weightDecay, moments: state.moments, step: position.step)
    if let decay = options.averageDecay, let values = state.average {
      average = WeightAverage(values, decay: decay, step: position.step)
    }
    best = state.best.map { best in
      var kept = self.model
      (kept.parameters, kept.batchesTracked) = (best.parameters, best.batchesTracked)
      return (kept, best.epoch, best.score, best.loss)
    }
  }

  /// What training can go on from.
  private mutating func state() -> TrainingState {
    optimiser.gather(group)
    return TrainingState(
      position: position, batchesTracked: model.batchesTracked, parameters: model.parameters,
      moments: (optimiser.first, optimiser.second), average: average?.values,
      best: best.map {
        TrainingState.Best(
          epoch: $0.epoch, score: $0.score, loss: $0.loss, batchesTracked: $0.model.batchesTracked,
          parameters: $0.model.parameters)
      })
  }

  /// Bytes that training takes, apart from the windows themselves: activations, gradients, weights and moments.
  ///
  /// - Parameter window: samples per window, a multiple of 8.
  package static func memoryBytes(
    _ architecture: Architecture, window: Int, options: TrainingOptions, group: any TrainingGroup = SingleProcess()
  ) -> Int {
    let network = Network(architecture)
    // The weights, the best epoch's, the two moments of AdamW, about two for the packed weights of validation, and the
    // average.
    let copies = options.averageDecay == nil ? 6 : 7
    let model = copies * network.layout.totalCount * MemoryLayout<Float>.stride
    return model + MicroBatches.byteCount(network, window: window, options: options, group: group)
  }

  /// Trains and returns the kept model with its anomaly statistics.
  ///
  /// - Parameters:
  ///   - observer: called on every rank, with the same events.
  ///   - shouldStop: asked after each step; once true on any rank, training ends and what is best so far is returned.
  /// - Throws: ``TrainingDivergence``, or what `observer` throws, and ``PeerFailure`` on the other ranks.
  package mutating func run(
    training: LabelledWindows, validation: LabelledWindows?, observer: (TrainingEvent) throws -> Void,
    shouldStop: () -> Bool
  ) throws -> Model {
    precondition(training.count > 0)
    let runner = MicroBatches(
      network, input: model.input, window: training.windowSamples, options: options, group: group)
    let schedule = LearningRateSchedule(options, steps: options.steps(windows: training.count))
    var isStopped = false
    while !isStopped, position.epoch <= options.epochs {
      isStopped = try run(position.epoch, training, runner, schedule, observer, shouldStop)
      if isStopped { try tell(.state(state()), observer) }
      // An epoch that is cut short counts as ended.
      let ended = keep(epoch: position.epoch, position.losses, validation)
      try tell(.epoch(ended), observer)
      let next = ended.endsEarly ? options.epochs + 1 : position.epoch + 1
      position = TrainingState.Position(step: position.step, epoch: next)
      if !isStopped { try tell(.state(state()), observer) }
    }
    return (best?.model ?? model).withNovelty(
      training: training, validation: validation, seed: options.seed, threads: options.threads, group: group)
  }

  private func tell(_ event: TrainingEvent, _ observer: (TrainingEvent) throws -> Void) throws {
    try group.together { try observer(event) }
  }

  /// The batches of an epoch that are not done yet; returns whether training was stopped.
  private mutating func run(
    _ epoch: Int, _ training: LabelledWindows, _ runner: MicroBatches, _ schedule: LearningRateSchedule,
    _ observer: (TrainingEvent) throws -> Void, _ shouldStop: () -> Bool
  ) throws -> Bool {
    let batches = TrainingBatch.epoch(epoch, training.labels, options).parts(of: options.batch)
    for batch in batches.dropFirst(position.batches) {
      let begun = DispatchTime.now().uptimeNanoseconds
      let rate = schedule.rate(step: position.step)
      let (loss, norm) = try step(training, batch, runner, learningRate: rate, epoch)
      let seconds = Double(DispatchTime.now().uptimeNanoseconds - begun) * 1e-9
      position.batches += 1
      position.losses.append(loss)
      let done = TrainingStep(
        step: position.step, steps: options.steps(windows: training.count), epoch: epoch, loss: loss,
        learningRate: rate, gradientNorm: norm, sequencesPerSecond: Double(batch.places.count) / seconds)
      try tell(.step(done), observer)
      if group.any(shouldStop()) { return true }
      if let every = options.saveEvery, position.step % every == 0 { try tell(.state(state()), observer) }
    }
    return false
  }

  /// One optimiser step: micro-batches, clipping, AdamW.
  private mutating func step(
    _ set: LabelledWindows, _ batch: TrainingBatch, _ runner: MicroBatches, learningRate: Double, _ epoch: Int
  ) throws(TrainingDivergence) -> (loss: Double, gradientNorm: Double) {
    position.step += 1
    let clip = options.clip
    let (step, network, group) = (position.step, network, group)
    let (loss, norm, count) = try model.parameters.withUnsafeMutableBufferPointer {
      parameters throws(TrainingDivergence) in
      let base = parameters.baseAddress!
      let (loss, count) = runner.run(set, batch, parameters: base)
      let norm = GradientNorm.norm(runner.gradient, network.layout, group)
      guard loss.isFinite, norm.isFinite else {
        let finding = runner.inspect(set, batch, parameters: base) { part, workspace, gradients in
          TrainingDivergence.find(part, workspace, network, gradients: gradients)
        }
        throw TrainingDivergence(
          step: step, epoch: epoch, loss: loss, gradientNorm: norm,
          place: finding?.place ?? "the sum of the micro-batches' gradients",
          windows: finding?.windows ?? Array(batch.windows))
      }
      // As PyTorch's clip_grad_norm_ has it.
      optimiser.update(
        base, gradients: runner.gradient, slice: runner.slice, learningRate: learningRate,
        scale: min(1, clip / (norm + 1e-6)))
      runner.share(parameters: base)
      return (loss, norm, count)
    }
    model.batchesTracked += count
    average?.add(model.parameters)
    return (loss, norm)
  }

  /// The model that is measured and kept.
  private var current: Model {
    guard let average else { return model }
    var current = model
    current.parameters = average.values
    return current
  }

  /// Measures the epoch and keeps its weights if they are the best so far.
  private mutating func keep(epoch: Int, _ losses: [Double], _ validation: LabelledWindows?) -> TrainingEpoch {
    let trainingLoss = losses.reduce(0, +) / Double(max(losses.count, 1))
    let current = current
    var measured: (evaluation: Evaluation, loss: Double)?
    if let validation, validation.count > 0 {
      let outputs = BatchEvaluation(current, validation, threads: options.threads, group: group)
      measured = (
        Evaluation(labels: current.labels, truth: validation.labels, predicted: outputs.predicted),
        outputs.loss(options.loss, validation)
      )
    }
    let score = measured.map { options.metric.score($0.evaluation, loss: $0.loss) } ?? Double(epoch)
    let loss = measured?.loss ?? trainingLoss
    let isBest = best.map { (score, -loss) > ($0.score, -$0.loss) } ?? true
    if isBest { best = (current, epoch, score, loss) }
    let waited = epoch - (best?.epoch ?? epoch)
    return TrainingEpoch(
      epoch: epoch, trainingLoss: trainingLoss, validationLoss: measured?.loss, validation: measured?.evaluation,
      isBest: isBest, endsEarly: options.patience.map { waited >= $0 } ?? false, model: current)
  }
}
