import Classifier
import Foundation

/// Trains a model on `data` and writes its checkpoint: after each best epoch, and with its anomaly statistics at the end.
struct TrainingRun {
  let data: TrainingData
  let options: TrainingOptions
  /// Where the checkpoint goes.
  let output: OutputFile
  var record: TrainingRecord
  let log: StepLog?
  let stop: StopSignal

  init(
    data: TrainingData, options: TrainingOptions, output: OutputFile, command: String, parameters: Int, log: StepLog?,
    stop: StopSignal
  ) {
    self.data = data
    self.options = options
    self.output = output
    self.log = log
    self.stop = stop
    var description = data.description
    description.windows = data.counts()
    record = TrainingRecord(command: command, data: description, parameters: parameters)
  }

  /// Returns the model as it was saved.
  ///
  /// - Throws: `CommandFailure` where training diverges, or the checkpoint or the log can't be written. The checkpoint of
  ///   the best epoch until then stays, without anomaly statistics.
  mutating func run(from initial: Model) throws -> Model {
    let progress = TrainingProgress(epochs: options.epochs)
    defer { progress.finish() }
    var trainer = Trainer(model: initial, options: options)
    var record = self.record
    var model = try trainer.run(training: data.training, validation: data.validation) { event in
      progress.show(event, windows: data.training.count)
      switch event {
      case .step(let step):
        try checkFinite(step, kept: record.epoch)
        try log?.append(step)
      case .epoch(let epoch) where epoch.isBest:
        try checkFinite(epoch, kept: record.epoch)
        record.epoch = epoch.epoch
        record.validation = epoch.validation
        var best = epoch.model
        best.training = try JSONText.encode(record)
        _ = try output.write { try best.save(path: $0) }
      case .epoch:
        break
      }
    } shouldStop: {
      stop.isRequested
    }
    if let test = data.test, test.count > 0 {
      let outputs = BatchEvaluation(model, test, threads: options.threads)
      record.test = Evaluation(labels: model.labels, truth: test.labels, predicted: outputs.predicted)
    }
    self.record = record
    if let problem = model.problem { throw diverged("in the end, \(problem)", kept: record.epoch) }
    model.training = try JSONText.encode(record)
    return try output.write { try model.save(path: $0) }
  }

  /// A loss or gradient beyond all bounds makes every weight NaN, from which no later step recovers.
  private func checkFinite(_ step: TrainingStep, kept: Int) throws(CommandFailure) {
    guard !(step.loss.isFinite && step.gradientNorm.isFinite) else { return }
    throw diverged("in step \(step.step), its loss is \(step.loss) and its gradient \(step.gradientNorm)", kept: kept)
  }

  /// An epoch's last step may be the one that goes wrong, which no later step would tell.
  private func checkFinite(_ epoch: TrainingEpoch, kept: Int) throws(CommandFailure) {
    if let loss = epoch.validationLoss, !loss.isFinite {
      throw diverged("in epoch \(epoch.epoch), its validation loss is \(loss)", kept: kept)
    }
    if let problem = epoch.model.problem { throw diverged("in epoch \(epoch.epoch), \(problem)", kept: kept) }
  }

  private func diverged(_ how: String, kept: Int) -> CommandFailure {
    let kept = kept > 0 ? "; \(output.path) holds epoch \(kept)" : ""
    return CommandFailure(
      "training diverged \(how): lower --learning-rate, or scale the data with --normalisation window\(kept)",
      exitCode: .data)
  }
}
