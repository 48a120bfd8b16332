import Classifier

/// What a model says of one window.
struct Classification: Sendable, Equatable {
  /// In the order of the model's labels; their sum is 1.
  var probabilities: [Float]
  /// How unlike the training data the window is, and the share of known windows at least as unusual; nil when the model
  /// has no novelty statistics.
  var anomaly: Float?
  var pValue: Float?

  /// Whether all numbers are finite, as results have to be: a network's may overflow.
  var isFinite: Bool {
    probabilities.allSatisfy(\.isFinite) && anomaly?.isFinite != false && pValue?.isFinite != false
  }
}

/// Classifies batches of windows. Made and used on one worker's thread.
protocol WindowClassifier {
  /// - Parameter windows: raw samples `[length, channels]` each; at least one.
  /// - Returns: one for each window, in their order.
  /// - Throws: when the whole batch can't be classified.
  func classify(_ windows: [[Float]]) throws -> [Classification]
}

/// A model as the workers serve it.
struct ServedModel: Sendable {
  /// The classes, in the order of the probabilities.
  var labels: [String]
  /// Samples of one frame.
  var channels: Int
  /// The first 16 digits of the checkpoint's SHA-256, for the results.
  var identity: String
  /// Makes a classifier, on the thread that will use it.
  var makeClassifier: @Sendable () throws -> any WindowClassifier
}

extension ServedModel {
  /// One packed model for all workers.
  init(_ packed: PackedModel) {
    let model = packed.model
    self.init(
      labels: model.labels, channels: model.architecture.inputChannels, identity: String(model.identity.prefix(16))
    ) {
      ModelClassifier(predictor: Predictor(packed), scorer: NoveltyScorer(model: model))
    }
  }
}

/// The real thing: the network's forward pass and the anomaly score.
private struct ModelClassifier: WindowClassifier {
  let predictor: Predictor
  let scorer: NoveltyScorer?

  func classify(_ windows: [[Float]]) -> [Classification] {
    let predictions = predictor.predict(windows)
    return windows.indices.map { index in
      let score = scorer?.score(embedding: predictions.embedding(index))
      return Classification(
        probabilities: predictions.probabilities(index), anomaly: score?.distance, pValue: score?.pValue)
    }
  }
}
