import Classifier

/// The figures of each epoch so far, of which learning curves are drawn.
struct TrainingHistory: Codable, Sendable, Equatable, TrainingLog {
  struct Epoch: Codable, Sendable, Equatable {
    /// From 1.
    var epoch: Int
    /// Mean of the steps' losses.
    var trainingLoss: Double
    /// nil without a validation part, or where it is not finite, which JSON can not write.
    var validationLoss: Double?
    var accuracy: Double?
    var macroF1: Double?
  }

  private(set) var epochs: [Epoch] = []
  /// Steps done.
  private(set) var steps = 0

  mutating func append(_ step: TrainingStep) { steps = step.step }

  mutating func append(_ epoch: TrainingEpoch) {
    epochs.append(
      Epoch(
        epoch: epoch.epoch, trainingLoss: epoch.trainingLoss,
        validationLoss: epoch.validationLoss.flatMap { $0.isFinite ? $0 : nil },
        accuracy: epoch.validation?.accuracy, macroF1: epoch.validation?.macroF1))
  }
}
