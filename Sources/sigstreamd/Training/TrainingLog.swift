import Classifier

/// Takes down training as it runs.
protocol TrainingLog {
  mutating func append(_ step: TrainingStep) throws(CommandFailure)
  mutating func append(_ epoch: TrainingEpoch) throws(CommandFailure)
}
