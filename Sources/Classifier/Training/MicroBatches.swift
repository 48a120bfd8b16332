import CKernels
import Dispatch

/// Runs a batch as micro-batches over threads and adds their gradients up in micro-batch order, so that the sum is the
/// same to the bit for any number of threads.
///
/// A batch may be far larger than what runs at once: its gradient is accumulated, and memory depends on the threads and
/// the micro-batch alone.
final class MicroBatches {
  let network: Network
  private let input: InputSpecification
  private let options: TrainingOptions
  /// One per thread.
  private let lanes: [Lane]
  /// Gradient buffers, each with one set of batch statistics. The first holds the sum; the others are taken in turns.
  private let gradients: [ArenaMemory]
  private let weights: PackedWeights

  init(_ network: Network, input: InputSpecification, window: Int, options: TrainingOptions) {
    self.network = network
    self.input = input
    self.options = options
    lanes = (0..<Self.laneCount(options)).map { _ in
      Lane(network, options: options, window: window, sampleRate: input.sampleRate)
    }
    weights = PackedWeights(network.layout, format: options.precision.trainingFormat)
    gradients = (0..<Self.gradientCount(options)).map { _ in ArenaMemory(count: network.layout.totalCount) }
  }

  /// What one thread works in.
  private struct Lane {
    let workspace: Workspace
    /// A window that is being augmented.
    let window: AugmentedWindow
    private let memory: ArenaMemory

    init(_ network: Network, options: TrainingOptions, window: Int, sampleRate: Double) {
      workspace = Workspace(
        network, batch: min(options.microBatch, options.batch), window: window,
        checkpoints: options.checkpointActivations)
      let channels = network.architecture.inputChannels
      memory = ArenaMemory(count: AugmentedWindow.floatCount(window: window, channels: channels))
      self.window = AugmentedWindow(memory: memory.base, window: window, channels: channels, sampleRate: sampleRate)
    }
  }

  private static func partCount(_ options: TrainingOptions) -> Int {
    (options.batch + options.microBatch - 1) / options.microBatch
  }

  private static func laneCount(_ options: TrainingOptions) -> Int { min(options.threads, partCount(options)) }

  /// The sum's, and for each thread as many that it is seldom kept waiting for the slowest.
  private static func gradientCount(_ options: TrainingOptions) -> Int {
    min(partCount(options), 1 + 4 * laneCount(options))
  }

  /// Bytes of activations and gradients for such options, without taking them.
  static func byteCount(_ network: Network, window: Int, options: TrainingOptions) -> Int {
    let size = min(options.microBatch, options.batch)
    let workspace = Workspace.byteCount(
      network, batch: size, window: window, checkpoints: options.checkpointActivations)
    return laneCount(options) * workspace
      + gradientCount(options) * network.layout.totalCount * MemoryLayout<Float>.stride
      + PackedWeights.byteCount(network.layout, format: options.precision.trainingFormat)
  }

  /// The summed gradient of the last batch.
  var gradient: UnsafeMutablePointer<Float> { gradients[0].base }

  /// Forward and backward over the windows `batch` of `set`: leaves the gradient of the batch's mean loss in
  /// ``gradient``, moves the running statistics in `parameters`, and returns the loss and the micro-batches run.
  func run(
    _ set: LabelledWindows, _ batch: TrainingBatch, parameters: UnsafeMutablePointer<Float>
  ) -> (loss: Double, count: Int) {
    let parts = parts(set, batch)
    weights.pack(ParameterView(parameters, layout: network.layout))
    var losses = [Double](repeating: 0, count: parts.count)
    // The first part's gradient is where the sum grows; each of a round's others has a buffer of its own.
    var round = 0..<min(gradients.count, parts.count)
    while !round.isEmpty {
      run(set, parts, round, parameters: parameters, losses: &losses)
      for part in round { reduce(part, parameters: parameters) }
      round = round.upperBound..<min(round.upperBound + max(gradients.count - 1, 1), parts.count)
    }
    return (losses.reduce(0, +), parts.count)
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
    _ set: LabelledWindows, _ parts: [Part], _ round: Range<Int>, parameters: UnsafeMutablePointer<Float>,
    losses: inout [Double]
  ) {
    losses.withUnsafeMutableBufferPointer { losses in
      // Each thread has a lane of its own; each micro-batch of a round a gradient buffer and a place in `losses`.
      // Parameters are only read. So no two threads touch the same memory.
      nonisolated(unsafe) let (this, losses, parameters) = (self, losses, parameters)
      DispatchQueue.concurrentPerform(iterations: lanes.count) { thread in
        for index in stride(from: round.lowerBound + thread, to: round.upperBound, by: this.lanes.count) {
          let pass = this.pass(parts[index], gradients: this.buffer(index), parameters: parameters, thread: thread)
          losses[index] = this.forward(set, parts[index], pass, thread: thread)
          this.network.backward(this.lanes[thread].workspace, pass)
        }
      }
    }
  }

  /// The gradient buffer of part `index` of a batch.
  private func buffer(_ index: Int) -> UnsafeMutablePointer<Float> {
    gradients[index == 0 ? 0 : 1 + (index - 1) % (gradients.count - 1)].base
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
    for b in part.targets.indices { load(set, part, b, lane) }
    network.forward(lane.workspace, pass)
    return lossAndGradient(lane.workspace, part)
  }

  /// Augments, scales and loads window `b` of a micro-batch.
  private func load(_ set: LabelledWindows, _ part: Part, _ b: Int, _ lane: Lane) {
    let place = part.batch.places.lowerBound + b
    let index = part.batch.order[place]
    guard options.augmentation.isActive else {
      set.withWindow(index) { lane.workspace.load($0, valid: set.validSamples(index), at: b, scaling: input) }
      return
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
    lane.workspace.load(window.raw, valid: window.valid, at: b, scaling: input)
  }

  private func lossAndGradient(_ workspace: Workspace, _ part: Part) -> Double {
    let dLogits = workspace.activations.backward.dLogits
    var predictions = Predictions(network.architecture)
    predictions.append(
      logits: workspace.activations.logits.base, embeddings: workspace.activations.embedding.base,
      count: part.targets.count)
    var sum = 0.0
    for (b, target) in part.targets.enumerated() {
      sum += options.loss.evaluate(
        predictions.logits(b), target, normaliser: part.normaliser, gradient: dLogits.base + b * dLogits.columns)
    }
    return sum
  }

  /// Moves the running statistics by a micro-batch's and adds its gradient to the sum.
  private func reduce(_ index: Int, parameters: UnsafeMutablePointer<Float>) {
    let layout = network.layout
    let part = buffer(index)
    for i in layout.trainableCount..<layout.totalCount {
      parameters[i] += BatchNorm.momentum * (part[i] - parameters[i])
    }
    if index > 0 { ck_add(gradient, part, layout.trainableCount) }
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
