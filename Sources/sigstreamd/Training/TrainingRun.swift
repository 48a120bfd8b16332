import Classifier
import Foundation

/// Trains a model on `data` and writes its checkpoint: after each best epoch, and with its anomaly statistics at the end.
struct TrainingRun {
  let data: TrainingData
  let options: TrainingOptions
  /// Where the checkpoint goes.
  let path: String
  var record: TrainingRecord
  let log: StepLog?
  let stop: StopSignal

  init(
    data: TrainingData, options: TrainingOptions, path: String, command: String, parameters: Int, log: StepLog?,
    stop: StopSignal
  ) {
    self.data = data
    self.options = options
    self.path = path
    self.log = log
    self.stop = stop
    var description = data.description
    description.windows = data.counts()
    record = TrainingRecord(command: command, data: description, parameters: parameters)
  }

  /// Returns the model as it was saved.
  mutating func run(from initial: Model) throws -> Model {
    let progress = TrainingProgress(epochs: options.epochs)
    defer { progress.finish() }
    var trainer = Trainer(model: initial, options: options)
    var record = self.record
    var model = try trainer.run(training: data.training, validation: data.validation) { event in
      progress.show(event, windows: data.training.count)
      switch event {
      case .step(let step):
        try log?.append(step)
      case .epoch(let epoch) where epoch.isBest:
        record.epoch = epoch.epoch
        record.validation = epoch.validation
        var best = epoch.model
        best.training = try JSONText.encode(record)
        _ = try best.save(path: path)
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
    model.training = try JSONText.encode(record)
    return try model.save(path: path)
  }
}
