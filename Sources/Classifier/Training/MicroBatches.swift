import CKernels
import Dispatch

/// Runs a batch as micro-batches over ranks and threads and adds their gradients up by a ``PairwiseSum``, so that the sum
/// is the same to the bit for any number of either.
///
/// A batch may be far larger than what runs at once: its gradient is accumulated. Memory depends on the threads and the
/// micro-batch, and on the logarithm of the batch.
final class MicroBatches {
  let network: Network
  private let input: InputSpecification
  private let options: TrainingOptions
  /// One per thread.
  private let lanes: [Lane]
  /// Gradient buffers, each with one set of batch statistics.
  private let gradients: [ArenaMemory]
  private let weights: PackedWeights
  private let group: any TrainingGroup
  /// nil in a single process.
  private let exchange: GradientExchange?
  /// The summed gradient of the last batch, in the layout of the parameters: this rank's ``slice`` of it.
  private(set) var gradient: UnsafeMutablePointer<Float>

  init(
    _ network: Network, input: InputSpecification, window: Int, options: TrainingOptions,
    group: any TrainingGroup = SingleProcess()
  ) {
    self.network = network
    self.input = input
    self.options = options
    self.group = group
    lanes = (0..<Self.laneCount(options, group)).map { _ in
      Lane(network, options: options, window: window, sampleRate: input.sampleRate)
    }
    weights = PackedWeights(network.layout, format: options.precision.trainingFormat)
    gradients = (0..<Self.gradientCount(options, group)).map { _ in ArenaMemory(count: network.layout.totalCount) }
    gradient = gradients[0].base
    let parts = Self.partCount(options)
    exchange = group.count > 1 ? GradientExchange(group, network.layout, parts: parts) : nil
  }

  /// What one thread works in.
  private struct Lane {
    let workspace: Workspace
    /// A window that is being augmented.
    let window: AugmentedWindow
    let teacher: Teacher?
    private let memory: ArenaMemory

    init(_ network: Network, options: TrainingOptions, window: Int, sampleRate: Double) {
      workspace = Workspace(
        network, batch: min(options.microBatch, options.batch), window: window,
        checkpoints: options.checkpointActivations)
      let channels = network.architecture.inputChannels
      memory = ArenaMemory(count: AugmentedWindow.floatCount(window: window, channels: channels))
      self.window = AugmentedWindow(memory: memory.base, window: window, channels: channels, sampleRate: sampleRate)
      teacher = options.distillation.map { Teacher($0, window: window) }
    }
  }

  private static func partCount(_ options: TrainingOptions) -> Int {
    (options.batch + options.microBatch - 1) / options.microBatch
  }

  /// Micro-batches of a rank, at the most.
  private static func shareCount(_ options: TrainingOptions, _ group: any TrainingGroup) -> Int {
    (partCount(options) + group.count - 1) / group.count
  }

  private static func laneCount(_ options: TrainingOptions, _ group: any TrainingGroup) -> Int {
    min(options.threads, shareCount(options, group))
  }

  /// Micro-batches of a thread that are run before their gradients are added up: so many that it seldom waits long for
  /// the slowest, or one where memory is short.
  private static func partsInTurn(_ options: TrainingOptions) -> Int { options.checkpointActivations ? 1 : 4 }

  /// The micro-batches of a rank in rounds, each of which ends with the sum of its gradients.
  private static func rounds(of parts: Range<Int>, _ options: TrainingOptions, lanes: Int) -> [Range<Int>] {
    let size = partsInTurn(options) * lanes
    return stride(from: parts.lowerBound, to: parts.upperBound, by: size).map {
      $0..<min($0 + size, parts.upperBound)
    }
  }

  /// Those of a round beside the sums so far: the most that any share of a batch needs.
  private static func gradientCount(_ options: TrainingOptions, _ group: any TrainingGroup) -> Int {
    let lanes = laneCount(options, group)
    // The last batch of an epoch may have fewer parts, and then the rank another share.
    let shares = (1...partCount(options)).map { group.share(of: $0) }
    return shares.reduce(1) { most, share in
      var sum = PairwiseSum<Void>()
      return rounds(of: share, options, lanes: lanes).reduce(most) { most, round in
        let needed = sum.nodes.count + round.count
        for part in round { sum.add(.init(level: 0, index: part, value: ())) { _, _ in } }
        return max(most, needed)
      }
    }
  }

  /// Bytes of activations and gradients for such options, without taking them.
  static func byteCount(
    _ network: Network, window: Int, options: TrainingOptions, group: any TrainingGroup = SingleProcess()
  ) -> Int {
    let size = min(options.microBatch, options.batch)
    let workspace = Workspace.byteCount(
      network, batch: size, window: window, checkpoints: options.checkpointActivations)
    let exchanged =
      group.count > 1 ? GradientExchange.byteCount(group, network.layout, parts: partCount(options)) : 0
    let teacher = options.distillation.map { Teacher.byteCount($0, window: window) } ?? 0
    return laneCount(options, group) * (workspace + teacher) + exchanged
      + gradientCount(options, group) * network.layout.totalCount * MemoryLayout<Float>.stride
      + PackedWeights.byteCount(network.layout, format: options.precision.trainingFormat)
  }

  /// The trainable parameters whose gradient this rank has after a batch.
  var slice: Range<Int> { exchange.map { $0.slices[group.rank] } ?? 0..<network.layout.trainableCount }

  /// Completes `parameters`, of which each rank has stepped its ``slice``.
  func share(parameters: UnsafeMutablePointer<Float>) { exchange?.share(parameters) }

  /// Forward and backward over the windows `batch` of `set`: leaves the gradient of the batch's mean loss in
  /// ``gradient``, moves the running statistics in `parameters` (this rank's, until they are shared), and returns the
  /// loss and the micro-batches run by all ranks.
  func run(
    _ set: LabelledWindows, _ batch: TrainingBatch, parameters: UnsafeMutablePointer<Float>
  ) -> (loss: Double, count: Int) {
    let parts = parts(set, batch)
    weights.pack(ParameterView(parameters, layout: network.layout))
    var losses = [Double](repeating: 0, count: parts.count)
    var sum = PairwiseSum<UnsafeMutablePointer<Float>>()
    var free = gradients.map(\.base)
    let mine = group.share(of: parts.count)
    for round in Self.rounds(of: mine, options, lanes: lanes.count) {
      let buffers = round.map { _ in free.removeLast() }
      run(set, parts, round, buffers, parameters: parameters, losses: &losses)
      for (part, buffer) in zip(round, buffers) {
        takeStatistics(buffer, of: part, parameters: parameters)
        sum.add(.init(level: 0, index: part, value: buffer)) {
          add($1, to: $0)
          free.append($1)
        }
      }
    }
    finish(&sum, parts: parts.count, parameters: parameters)
    losses.withUnsafeMutableBufferPointer { group.gather($0, group.shares(of: $0.count)) }
    return (losses.reduce(0, +), parts.count)
  }

  private func add(_ part: UnsafeMutablePointer<Float>, to sum: UnsafeMutablePointer<Float>) {
    ck_add(sum, part, network.layout.trainableCount)
  }

  /// Adds what is left in `sum` up, over all ranks.
  private func finish(
    _ sum: inout PairwiseSum<UnsafeMutablePointer<Float>>, parts: Int, parameters: UnsafeMutablePointer<Float>
  ) {
    // Of a short batch a rank may have nothing.
    gradient = sum.nodes.first?.value ?? gradients[0].base
    if let exchange {
      exchange.reduce(sum.nodes, parts: parts, into: gradient, parameters: parameters)
    } else {
      _ = sum.finish { add($1, to: $0) }
    }
  }

  /// A micro-batch with what was drawn for it.
  struct Part {
    let batch: TrainingBatch
    /// `[B]`; nil where a window is not mixed.
    let mixtures: [Mixup.Mixture?]
    /// `[B]`
    let targets: [Target]
    /// The batch's sum of weights, by which losses are averaged.
    var normaliser = 0.0
  }

  /// The micro-batches of `batch`.
  func parts(_ set: LabelledWindows, _ batch: TrainingBatch) -> [Part] {
    var parts = batch.parts(of: options.microBatch).map { batch in
      let mixtures = batch.places.map { place in
        options.augmentation.mixture(key: batch.augmentationKey(place), windows: batch.order.count)
      }
      let targets = zip(batch.windows, mixtures).map { window, mixture in
        Target(
          set.labels[window], mixedWith: mixture.map { set.labels[batch.order[$0.position]] },
          share: mixture?.share ?? 0)
      }
      return Part(batch: batch, mixtures: mixtures, targets: targets)
    }
    let normaliser = parts.reduce(0) { sum, part in
      part.targets.reduce(sum) { $0 + options.loss.weight($1) }
    }
    for i in parts.indices { parts[i].normaliser = normaliser }
    return parts
  }

  private func run(
    _ set: LabelledWindows, _ parts: [Part], _ round: Range<Int>, _ buffers: [UnsafeMutablePointer<Float>],
    parameters: UnsafeMutablePointer<Float>, losses: inout [Double]
  ) {
    losses.withUnsafeMutableBufferPointer { losses in
      // Each thread has a lane of its own; each micro-batch of a round a gradient buffer and a place in `losses`.
      // Parameters are only read. So no two threads touch the same memory.
      nonisolated(unsafe) let (this, losses, parameters, buffers) = (self, losses, parameters, buffers)
      DispatchQueue.concurrentPerform(iterations: lanes.count) { thread in
        for index in stride(from: round.lowerBound + thread, to: round.upperBound, by: this.lanes.count) {
          let buffer = buffers[index - round.lowerBound]
          let pass = this.pass(parts[index], gradients: buffer, parameters: parameters, thread: thread)
          losses[index] = this.forward(set, parts[index], pass, thread: thread)
          this.network.backward(this.lanes[thread].workspace, pass)
        }
      }
    }
  }

  private func pass(
    _ part: Part, gradients: UnsafeMutablePointer<Float>, parameters: UnsafeMutablePointer<Float>, thread: Int
  ) -> Pass {
    let layout = network.layout
    gradients.update(repeating: 0, count: layout.totalCount)
    return Pass(
      parameters: ParameterView(parameters, layout: layout),
      products: Products(weights: weights, scratch: lanes[thread].workspace.activations.scratch),
      gradients: ParameterView(gradients, layout: layout),
      batch: part.targets.count, dropout: Dropout(rate: Float(options.dropout), seed: part.batch.dropoutSeed))
  }

  /// Loads the windows and runs them forward; returns their part of the loss and leaves its gradient for backward.
  private func forward(_ set: LabelledWindows, _ part: Part, _ pass: Pass, thread: Int) -> Double {
    let lane = lanes[thread]
    lane.teacher?.removeAll()
    for b in part.targets.indices {
      withWindow(set, part, b, lane) { samples, valid in
        lane.workspace.load(samples, valid: valid, at: b, scaling: input)
        lane.teacher?.answer(samples, valid: valid)
      }
    }
    network.forward(lane.workspace, pass)
    return lossAndGradient(lane, part)
  }

  /// Calls `body` with window `b` of a micro-batch, augmented, and its valid samples.
  private func withWindow(
    _ set: LabelledWindows, _ part: Part, _ b: Int, _ lane: Lane,
    _ body: (UnsafeBufferPointer<Float>, _ valid: Int) -> Void
  ) {
    let place = part.batch.places.lowerBound + b
    let index = part.batch.order[place]
    guard options.augmentation.isActive else {
      return set.withWindow(index) { body($0, set.validSamples(index)) }
    }
    var window = lane.window
    set.withWindow(index) { window.fill($0, valid: set.validSamples(index)) }
    if let mixture = part.mixtures[b] {
      let other = part.batch.order[mixture.position]
      set.withWindow(other) {
        Mixup.mix(
          $0, valid: set.validSamples(other), share: mixture.share, matches: input.normalisation == .window,
          into: &window)
      }
    }
    options.augmentation.apply(to: window, key: part.batch.augmentationKey(place))
    body(window.raw, window.valid)
  }

  private func lossAndGradient(_ lane: Lane, _ part: Part) -> Double {
    let activations = lane.workspace.activations
    let dLogits = activations.backward.dLogits
    var predictions = Predictions(network.architecture)
    predictions.append(
      logits: activations.logits.base, embeddings: activations.embedding.base, count: part.targets.count)
    var sum = 0.0
    for (b, target) in part.targets.enumerated() {
      let (logits, gradient) = (predictions.logits(b), dLogits.base + b * dLogits.columns)
      var loss = options.loss.evaluate(logits, target, normaliser: part.normaliser, gradient: gradient)
      if let distillation = options.distillation, let teacher = lane.teacher {
        loss = distillation.blend(
          loss, gradient: gradient, student: logits, teacher: teacher.logits(b),
          weight: options.loss.weight(target) / part.normaliser)
      }
      sum += loss
    }
    return sum
  }

  /// Moves the running statistics by those of micro-batch `part`, or keeps them until all ranks' are there.
  private func takeStatistics(
    _ buffer: UnsafePointer<Float>, of part: Int, parameters: UnsafeMutablePointer<Float>
  ) {
    if let exchange { return exchange.keep(statistics: buffer, of: part) }
    let layout = network.layout
    BatchNorm.move(
      parameters + layout.trainableCount, by: buffer + layout.trainableCount, 0..<layout.statisticCount)
  }
}

extension MicroBatches {
  /// Runs part after part of a batch again, forward and backward on one thread, and hands each one's workspace and
  /// gradients to `inspect` until that returns something.
  func inspect<Finding>(
    _ set: LabelledWindows, _ batch: TrainingBatch, parameters: UnsafeMutablePointer<Float>,
    _ inspect: (Part, Workspace, _ gradients: UnsafePointer<Float>) -> Finding?
  ) -> Finding? {
    for part in parts(set, batch) {
      let pass = pass(part, gradients: gradients[0].base, parameters: parameters, thread: 0)
      _ = forward(set, part, pass, thread: 0)
      network.backward(lanes[0].workspace, pass)
      if let finding = inspect(part, lanes[0].workspace, gradients[0].base) { return finding }
    }
    return nil
  }
}
