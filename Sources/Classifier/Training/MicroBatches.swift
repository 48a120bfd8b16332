import CKernels
import Dispatch

/// Runs a batch as micro-batches over threads and adds their gradients up in micro-batch order, so that the sum is the
/// same to the bit for any number of threads.
final class MicroBatches {
  private let network: Network
  private let input: InputSpecification
  private let options: TrainingOptions
  /// One per thread.
  private let workspaces: [Workspace]
  /// One gradient buffer (and one set of batch statistics) per micro-batch of a batch.
  private let gradients: [ArenaMemory]

  init(_ network: Network, input: InputSpecification, window: Int, options: TrainingOptions) {
    self.network = network
    self.input = input
    self.options = options
    let slots = (options.batch + options.microBatch - 1) / options.microBatch
    let size = min(options.microBatch, options.batch)
    workspaces = (0..<min(options.threads, slots)).map { _ in
      Workspace(network, batch: size, window: window, training: true)
    }
    gradients = (0..<slots).map { _ in ArenaMemory(count: network.layout.totalCount) }
  }

  /// Bytes of activations and gradients for such options, without taking them.
  static func byteCount(_ network: Network, window: Int, options: TrainingOptions) -> Int {
    let slots = (options.batch + options.microBatch - 1) / options.microBatch
    let size = min(options.microBatch, options.batch)
    let workspace = Workspace.byteCount(network, batch: size, window: window, training: true)
    return min(options.threads, slots) * workspace + slots * network.layout.totalCount * MemoryLayout<Float>.stride
  }

  /// The summed gradient of the last batch, in the place of its first micro-batch's.
  var gradient: UnsafeMutablePointer<Float> { gradients[0].base }

  /// Forward and backward over the windows `batch` of `set`: leaves the gradient of the batch's mean loss in
  /// ``gradient``, moves the running statistics in `parameters`, and returns the loss and the micro-batches run.
  func run(
    _ set: LabelledWindows, _ batch: ArraySlice<Int>, parameters: UnsafeMutablePointer<Float>, seed: UInt64
  ) -> (loss: Double, count: Int) {
    let parts = stride(from: batch.startIndex, to: batch.endIndex, by: options.microBatch).map {
      batch[$0..<min($0 + options.microBatch, batch.endIndex)]
    }
    let normaliser = batch.reduce(0) { $0 + options.loss.weight(set.labels[$1]) }
    var losses = [Double](repeating: 0, count: parts.count)
    losses.withUnsafeMutableBufferPointer { losses in
      // Each thread has a workspace of its own; each micro-batch a gradient buffer and a place in `losses`. Parameters
      // are only read. So no two threads touch the same memory.
      nonisolated(unsafe) let (this, losses, parameters) = (self, losses, parameters)
      DispatchQueue.concurrentPerform(iterations: workspaces.count) { thread in
        for index in stride(from: thread, to: parts.count, by: this.workspaces.count) {
          losses[index] = this.run(
            set, parts[index], index: index, on: this.workspaces[thread], parameters: parameters,
            normaliser: normaliser, seed: seed)
        }
      }
    }
    reduce(parts.count, parameters: parameters)
    return (losses.reduce(0, +), parts.count)
  }

  private func run(
    _ set: LabelledWindows, _ windows: ArraySlice<Int>, index: Int, on workspace: Workspace,
    parameters: UnsafeMutablePointer<Float>, normaliser: Double, seed: UInt64
  ) -> Double {
    let layout = network.layout
    let target = gradients[index].base
    target.update(repeating: 0, count: layout.totalCount)
    for (b, window) in windows.enumerated() {
      set.withWindow(window) { workspace.load($0, valid: set.validSamples(window), at: b, scaling: input) }
    }
    var generator = SplitMix64(seed: seed &+ UInt64(index))
    let pass = Pass(
      parameters: ParameterView(parameters, layout: layout), gradients: ParameterView(target, layout: layout),
      batch: windows.count, dropout: Dropout(rate: Float(options.dropout), seed: generator.next()))
    network.forward(workspace, pass)
    let loss = lossAndGradient(workspace, windows.map { set.labels[$0] }, normaliser: normaliser)
    network.backward(workspace, pass)
    return loss
  }

  private func lossAndGradient(_ workspace: Workspace, _ labels: [Int], normaliser: Double) -> Double {
    let dLogits = workspace.activations.backward!.dLogits
    var predictions = Predictions(network.architecture)
    predictions.append(
      logits: workspace.activations.logits.base, embeddings: workspace.activations.embedding.base, count: labels.count)
    var sum = 0.0
    for (b, label) in labels.enumerated() {
      sum += options.loss.evaluate(
        predictions.logits(b), label: label, normaliser: normaliser, gradient: dLogits.base + b * dLogits.columns)
    }
    return sum
  }

  /// Adds the micro-batches' gradients to the first one's and moves the running statistics, in order.
  private func reduce(_ count: Int, parameters: UnsafeMutablePointer<Float>) {
    let layout = network.layout
    for part in gradients[..<count] {
      for i in layout.trainableCount..<layout.totalCount {
        parameters[i] += BatchNorm.momentum * (part.base[i] - parameters[i])
      }
    }
    for part in gradients[1..<count] {
      ck_add(gradients[0].base, part.base, layout.trainableCount)
    }
  }
}
