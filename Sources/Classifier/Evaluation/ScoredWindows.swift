/// What a model says of labelled windows, with its confidence.
package struct ScoredWindows: Sendable {
  /// True classes, `[N]`.
  package let truth: [Int]
  /// Classes with the largest probability, `[N]`.
  package let predicted: [Int]
  /// `[N][K]`; what is not a number counts as 0.
  package let probabilities: [[Double]]

  package init(_ outputs: BatchEvaluation, truth: [Int]) {
    self.init(
      truth: truth, predicted: outputs.predicted,
      probabilities: truth.indices.map { n in
        outputs.probabilities(n).map { $0.isFinite ? Double($0) : 0 }
      })
  }

  package init(truth: [Int], predicted: [Int], probabilities: [[Double]]) {
    precondition(truth.count == predicted.count && truth.count == probabilities.count)
    (self.truth, self.predicted, self.probabilities) = (truth, predicted, probabilities)
  }

  /// The probability of the predicted class of window `n`.
  package func confidence(_ n: Int) -> Double { probabilities[n][predicted[n]] }

  package var reliability: Reliability {
    Reliability(
      confidences: truth.indices.map(confidence), correct: zip(truth, predicted).map { $0 == $1 })
  }

  /// Class `k` against all others; nil where no window is of it.
  package func precisionRecall(class k: Int) -> PrecisionRecallCurve? {
    PrecisionRecallCurve(scores: probabilities.map { $0[k] }, positives: truth.map { $0 == k })
  }

  /// Windows that are taken for another class, the most confident first, at most `count`.
  package func confidentMistakes(_ count: Int) -> [Int] {
    let wrong = truth.indices.filter { truth[$0] != predicted[$0] }
    return Array(wrong.sorted { (confidence($1), $0) < (confidence($0), $1) }.prefix(count))
  }
}
