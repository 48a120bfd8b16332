import Classifier

/// The curves of a run for TensorBoard: the figures of each step, and those of each epoch at its last step.
struct TensorBoardLog: TrainingLog {
  private let file: EventFile
  private var step: Int

  /// - Parameters:
  ///   - directory: made where it is missing; a run of TensorBoard's.
  ///   - step: steps that were done before, by the run that goes on.
  /// - Throws: `CommandFailure` where it can't be written to.
  init(directory: String, after step: Int = 0) throws(CommandFailure) {
    file = try EventFile(directory: directory, from: step + 1)
    self.step = step
  }

  mutating func append(_ step: TrainingStep) throws(CommandFailure) {
    self.step = step.step
    try file.append(
      step: step.step,
      [
        "train/loss": step.loss, "train/learning_rate": step.learningRate, "train/gradient_norm": step.gradientNorm,
        "train/sequences_per_second": step.sequencesPerSecond,
      ])
  }

  func append(_ epoch: TrainingEpoch) throws(CommandFailure) {
    try file.append(step: step, ["epoch/number": Double(epoch.epoch), "train/epoch_loss": epoch.trainingLoss])
    guard let validation = epoch.validation, let loss = epoch.validationLoss else { return }
    try file.append(
      step: step,
      [
        "validation/loss": loss, "validation/accuracy": validation.accuracy, "validation/macro_f1": validation.macroF1,
      ])
  }
}
