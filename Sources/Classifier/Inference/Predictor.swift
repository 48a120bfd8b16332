/// Runs a model on raw windows. Made and used on one thread.
///
/// Windows of a call run one after the other, so that a window's result is the same to the bit whatever it is called
/// with: BLAS rounds a row differently by the size of the product that it is part of.
package final class Predictor {
  package let model: Model
  private let network: Network
  private let workspace: Workspace

  /// - Parameter window: samples per window; the model's own unless given (a multiple of 8).
  package init(model: Model, window: Int? = nil) {
    self.model = model
    network = Network(model.architecture)
    workspace = Workspace(network, batch: 1, window: window ?? model.input.window, training: false)
  }

  /// Samples per window.
  package var window: Int { workspace.window }

  /// Classifies `windows`, each raw samples `[L, C]`.
  ///
  /// - Parameter valid: for each window the samples that are not padding, 1 ... L; all of them unless given.
  package func predict(_ windows: [[Float]], valid: [Int]? = nil) -> Predictions {
    precondition(valid == nil || valid?.count == windows.count)
    var predictions = Predictions(model.architecture)
    for (index, samples) in windows.enumerated() {
      samples.withUnsafeBufferPointer { run($0, valid: valid?[index] ?? window, into: &predictions) }
    }
    return predictions
  }

  /// Classifies the windows `indices` of a set.
  package func predict(_ set: LabelledWindows, _ indices: some Sequence<Int>) -> Predictions {
    var predictions = Predictions(model.architecture)
    for index in indices {
      set.withWindow(index) { run($0, valid: set.validSamples(index), into: &predictions) }
    }
    return predictions
  }

  private func run(_ samples: UnsafeBufferPointer<Float>, valid: Int, into predictions: inout Predictions) {
    workspace.load(samples, valid: valid, at: 0, scaling: model.input)
    model.parameters.withUnsafeBufferPointer { parameters in
      // Serving only reads parameters; the view is mutable because training's is.
      let view = ParameterView(UnsafeMutablePointer(mutating: parameters.baseAddress!), layout: network.layout)
      network.forward(workspace, Pass(parameters: view, gradients: nil, batch: 1))
    }
    predictions.append(workspace, batch: 1)
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
  package private(set) var logits: [Float] = []
  /// `[B, D]`
  package private(set) var embeddings: [Float] = []
  private let classes: Int
  private let dim: Int

  init(_ architecture: Architecture) {
    classes = architecture.classes
    dim = architecture.dim
  }

  /// Adds the first `batch` windows of a workspace after a forward pass.
  mutating func append(_ workspace: Workspace, batch: Int) {
    let activations = workspace.activations
    logits += UnsafeBufferPointer(start: activations.logits.base, count: batch * classes)
    embeddings += UnsafeBufferPointer(start: activations.embedding.base, count: batch * dim)
  }

  package var count: Int { logits.count / classes }

  /// Logits of window `b`, `[K]`.
  package func logits(_ b: Int) -> ArraySlice<Float> {
    logits[b * classes..<(b + 1) * classes]
  }

  /// Embedding of window `b`, `[D]`.
  package func embedding(_ b: Int) -> ArraySlice<Float> {
    embeddings[b * dim..<(b + 1) * dim]
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
