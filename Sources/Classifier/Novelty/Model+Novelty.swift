extension Model {
  /// Fewest held-out windows for p-values; with fewer in the validation set, a fifth of the training windows is held
  /// out of the statistics instead.
  private static let fewestHeldOut = 20
  /// Training windows that the statistics are fitted to, at the most.
  private static let mostFitted = 5000

  /// The model with the statistics of its anomaly score.
  ///
  /// - Parameters:
  ///   - training: at least one window.
  ///   - seed: of the choice of windows, where not all of them are fitted to.
  ///   - group: each rank runs its share of the windows; all get the same statistics.
  package func withNovelty(
    training: LabelledWindows, validation: LabelledWindows?, seed: UInt64, threads: Int, group: any TrainingGroup
  ) -> Model {
    let (fitted, heldOut) = Self.noveltyWindows(training: training, validation: validation, seed: seed)
    let outputs = BatchEvaluation(self, fitted, threads: threads, group: group)
    let reference = BatchEvaluation(self, heldOut, threads: threads, group: group).embeddings
    var result = self
    result.novelty = NoveltyFit.statistics(
      embeddings: outputs.embeddings, labels: fitted.labels, heldOut: reference, dim: architecture.dim)
    return result
  }

  /// The windows that the statistics are fitted to, and those held out of them, whose scores make the p-values.
  package static func noveltyWindows(
    training: LabelledWindows, validation: LabelledWindows?, seed: UInt64
  ) -> (fitted: LabelledWindows, heldOut: LabelledWindows) {
    var fitted = training
    if training.count > mostFitted {
      // The rest of a split holds at least one window of each class.
      let share = 1 - Double(mostFitted) / Double(training.count)
      fitted = training.stratifiedSplit(share: share, seed: seed).rest
    }
    if let validation, validation.count >= fewestHeldOut { return (fitted, validation) }
    let (rest, part) = fitted.stratifiedSplit(share: 0.2, seed: seed)
    return (rest, part)
  }
}
