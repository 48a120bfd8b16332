/// Runs a model on batches of raw windows. Made and used on one thread; its memory is sized once for the largest batch.
package final class Predictor {
  package let model: Model
  package let maximumBatch: Int
  private let network: Network
  private let workspace: Workspace

  /// - Parameters:
  ///   - maximumBatch: the most windows of one call, at least 1.
  ///   - window: samples per window; the model's own unless given (a multiple of 8).
  package init(model: Model, maximumBatch: Int, window: Int? = nil) {
    self.model = model
    self.maximumBatch = maximumBatch
    network = Network(model.architecture)
    workspace = Workspace(network, batch: maximumBatch, window: window ?? model.input.window, training: false)
  }

  /// Samples per window.
  package var window: Int { workspace.window }

  /// Classifies `windows`, each raw samples `[L, C]`, 1 ... `maximumBatch` of them.
  ///
  /// - Parameter valid: for each window the samples that are not padding, 1 ... L; all of them unless given.
  package func predict(_ windows: [[Float]], valid: [Int]? = nil) -> Predictions {
    precondition(!windows.isEmpty && windows.count <= maximumBatch)
    precondition(valid == nil || valid?.count == windows.count)
    for (b, samples) in windows.enumerated() {
      samples.withUnsafeBufferPointer { load($0, valid: valid?[b] ?? window, at: b) }
    }
    return run(batch: windows.count)
  }

  /// Classifies the windows `indices` of a set.
  package func predict(_ set: LabelledWindows, _ indices: some Collection<Int>) -> Predictions {
    precondition(!indices.isEmpty && indices.count <= maximumBatch)
    for (b, index) in indices.enumerated() {
      set.withWindow(index) { load($0, valid: set.validSamples(index), at: b) }
    }
    return run(batch: indices.count)
  }

  private func load(_ samples: UnsafeBufferPointer<Float>, valid: Int, at b: Int) {
    workspace.load(samples, valid: valid, at: b, scaling: model.input)
  }

  private func run(batch: Int) -> Predictions {
    model.parameters.withUnsafeBufferPointer { parameters in
      // Serving only reads parameters; the view is mutable because training's is.
      let view = ParameterView(UnsafeMutablePointer(mutating: parameters.baseAddress!), layout: network.layout)
      network.forward(workspace, Pass(parameters: view, gradients: nil, batch: batch))
    }
    return Predictions(workspace, batch: batch)
  }
}

extension Workspace {
  /// Scales one raw window `[L, C]` into place `b` of the batch.
  func load(_ samples: UnsafeBufferPointer<Float>, valid: Int, at b: Int, scaling: InputSpecification) {
    scaling.scale(samples, valid: valid, into: activations.input.window(b))
    validTokens[b] = max(1, valid * tokens / window)
  }
}

/// The outputs for B windows.
package struct Predictions: Sendable {
  /// `[B, K]`
  package let logits: [Float]
  /// `[B, D]`
  package let embeddings: [Float]
  package let count: Int

  init(_ workspace: Workspace, batch: Int) {
    let activations = workspace.activations
    count = batch
    logits = Array(
      UnsafeBufferPointer(start: activations.logits.base, count: batch * activations.logits.columns))
    embeddings = Array(
      UnsafeBufferPointer(start: activations.embedding.base, count: batch * activations.embedding.columns))
  }

  /// Logits of window `b`, `[K]`.
  package func logits(_ b: Int) -> ArraySlice<Float> {
    let classes = logits.count / count
    return logits[b * classes..<(b + 1) * classes]
  }

  /// Embedding of window `b`, `[D]`.
  package func embedding(_ b: Int) -> ArraySlice<Float> {
    let dim = embeddings.count / count
    return embeddings[b * dim..<(b + 1) * dim]
  }

  /// Softmax of the logits of window `b`, `[K]`.
  package func probabilities(_ b: Int) -> [Float] {
    softmax(logits(b))
  }

  /// The class with the largest logit of window `b`.
  package func label(_ b: Int) -> Int {
    let row = logits(b)
    return row.indices.max { row[$0] < row[$1] }! - row.startIndex
  }
}
