import Classifier

/// What a model says of one window.
struct Classification: Sendable, Equatable {
  /// In the order of the model's labels; their sum is 1. Empty when the window could not be classified.
  var probabilities: [Float] = []
  /// How unlike the training data the window is, and the share of known windows at least as unusual; nil when the model
  /// has no novelty statistics.
  var anomaly: Float?
  var pValue: Float?

  /// Makes it that of a window that could not be classified.
  mutating func fail() {
    probabilities.removeAll(keepingCapacity: true)
    (anomaly, pValue) = (nil, nil)
  }

  /// Whether all numbers are finite, as results have to be: a network's may overflow.
  var isFinite: Bool {
    probabilities.allSatisfy(\.isFinite) && anomaly?.isFinite != false && pValue?.isFinite != false
  }
}

/// Classifies batches of windows. Made and used on one worker's thread.
protocol WindowClassifier {
  /// - Parameters:
  ///   - windows: raw samples `[length, channels]` each; at least one.
  ///   - outcomes: at least as many as windows; the first ones become theirs, in their order. What they hold is left from
  ///     earlier windows, and its storage is to be used again.
  /// - Throws: when the whole batch can't be classified.
  func classify(_ windows: [[Float]], into outcomes: inout [Classification]) throws

  /// Runs the model on a window of zeros.
  ///
  /// - Throws: when it can't be run, or gives numbers that are not finite.
  func tryOut() throws
}

/// A model as the workers serve it: one for all of them.
final class ServedModel: Sendable {
  /// The classes, in the order of the probabilities.
  let labels: [String]
  /// Samples of one frame.
  let channels: Int
  /// The first 16 digits of the checkpoint's SHA-256, for the results.
  let identity: String
  /// Makes a classifier, on the thread that will use it.
  let makeClassifier: @Sendable () throws -> any WindowClassifier

  init(
    labels: [String], channels: Int, identity: String,
    makeClassifier: @escaping @Sendable () throws -> any WindowClassifier
  ) {
    (self.labels, self.channels, self.identity) = (labels, channels, identity)
    self.makeClassifier = makeClassifier
  }
}

extension ServedModel {
  /// One packed model for all workers.
  convenience init(_ packed: PackedModel) {
    let model = packed.model
    self.init(
      labels: model.labels, channels: model.architecture.inputChannels, identity: String(model.identity.prefix(16))
    ) {
      ModelClassifier(predictor: Predictor(packed), scorer: NoveltyScorer(model: model))
    }
  }
}

/// The real thing: the network's forward pass and the anomaly score.
private final class ModelClassifier: WindowClassifier {
  private let predictor: Predictor
  private let scorer: NoveltyScorer?
  private var predictions: Predictions
  private let zeros: [Float]

  private struct NotFinite: Error, CustomStringConvertible {
    var description: String { "it gave numbers that are not finite" }
  }

  init(predictor: Predictor, scorer: NoveltyScorer?) {
    self.predictor = predictor
    self.scorer = scorer
    predictions = Predictions(predictor.model.architecture)
    zeros = [Float](repeating: 0, count: predictor.window * predictor.model.architecture.inputChannels)
  }

  func tryOut() throws {
    predictor.predict([zeros], into: &predictions)
    if !predictions.logits(0).allSatisfy(\.isFinite) { throw NotFinite() }
  }

  func classify(_ windows: [[Float]], into outcomes: inout [Classification]) {
    predictor.predict(windows, into: &predictions)
    for index in windows.indices {
      let score = scorer?.score(embedding: predictions.embedding(index))
      softmax(predictions.logits(index), into: &outcomes[index].probabilities)
      (outcomes[index].anomaly, outcomes[index].pValue) = (score?.distance, score?.pValue)
    }
  }
}
