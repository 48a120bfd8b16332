import Classifier
import Foundation

/// Trains a model on `data` and writes its checkpoint: after each best epoch, and with its anomaly statistics at the end.
struct TrainingRun {
  let data: TrainingData
  let options: TrainingOptions
  /// Where the checkpoint goes.
  let output: OutputFile
  var record: TrainingRecord
  var logs: [any TrainingLog] = []
  private(set) var history = TrainingHistory()
  let stop: StopSignal
  /// The epoch whose weights the checkpoint holds, 0 before the first.
  private var savedEpoch = 0
  private let stateFile: StateFile
  private var resumed: TrainingState?
  /// The processes that train; the first one writes the files and tells.
  private let group: any TrainingGroup
  /// Whether any process was asked to stop.
  private(set) var isStopped = false

  init(
    data: TrainingData, options: TrainingOptions, output: OutputFile, command: String, parameters: Int,
    stop: StopSignal, group: any TrainingGroup = SingleProcess()
  ) {
    self.group = group
    self.data = data
    self.options = options
    self.output = output
    self.stop = stop
    stateFile = StateFile(model: output.path, data: data)
    var description = data.description
    description.windows = data.counts()
    record = TrainingRecord(
      command: command, data: description, augmentation: options.augmentation.isActive ? options.augmentation : nil,
      teacher: options.distillation?.teacherIdentity, parameters: parameters)
  }

  /// The run of an ensemble's member `number`, from 1: the first has this run's random numbers.
  func member(_ number: Int, output: OutputFile) -> TrainingRun {
    var options = options
    options.seed &+= UInt64(number - 1)
    var run = TrainingRun(
      data: data, options: options, output: output, command: record.command, parameters: record.parameters, stop: stop,
      group: group)
    run.record.member = number
    return run
  }

  /// Goes on where an interrupted run stopped; returns the steps that it had done.
  ///
  /// - Throws: `CommandFailure` where there is nothing to go on from, or what there is does not fit.
  mutating func resume() throws -> Int {
    let found = try group.together { group.rank == 0 ? try stateFile.load(record) : nil }
    let state = try TrainingState.broadcast(found?.0, group)
    if let found { (record, history, savedEpoch) = (found.1, found.2, found.1.epoch) }
    resumed = state
    return state.position.step
  }

  /// Whether an interrupted run has left a state to go on from.
  var canResume: Bool { group.any(group.rank == 0 && stateFile.exists) }

  /// The member of an ensemble that an interrupted run had finished; nil where it had not.
  ///
  /// - Throws: `CommandFailure` where its file is of another run.
  mutating func finishedMember() throws -> Model? {
    let found = try group.together { group.rank == 0 ? try loadFinishedMember() : nil }
    guard group.any(found != nil) else { return nil }
    let model = try Model.broadcast(found, group)
    record = try JSONDecoder().decode(TrainingRecord.self, from: Data(model.training.utf8))
    return model
  }

  private func loadFinishedMember() throws -> Model? {
    guard record.member != nil, !stateFile.exists, FileManager.default.fileExists(atPath: output.path) else {
      return nil
    }
    let model = try Model.load(path: output.path)
    let found = TrainingRecord(of: model)
    guard found?.plan == record.plan else {
      throw CommandFailure(
        "\(output.path): was trained by another command or on other data (\(found?.command ?? "unknown")): give the "
          + "same, or remove the file", exitCode: .data)
    }
    return found?.isFinished == true ? model : nil
  }

  /// Returns the model as it was saved.
  ///
  /// A checkpoint that can't be written on the way is no reason to throw hours of work away: that is told, and the next
  /// best epoch, and in any case the end, is another try.
  ///
  /// - Throws: `CommandFailure` where training diverges, or a log or the last checkpoint can't be written. The
  ///   checkpoint of the best epoch that could be written stays, without anomaly statistics.
  mutating func run(from initial: Model) throws -> Model {
    let progress = TrainingProgress(options: options, windows: data.training.count)
    defer { progress.finish() }
    var trainer = try trainer(from: initial)
    let model: Model
    do {
      model = try trainer.run(training: data.training, validation: data.validation) { event in
        guard group.rank == 0 else { return }
        switch event {
        case .step(let step):
          progress.show(step)
          history.append(step)
          for index in logs.indices { try logs[index].append(step) }
        case .epoch(let epoch):
          history.append(epoch)
          for index in logs.indices { try logs[index].append(epoch) }
          progress.show(epoch, saving: epoch.isBest ? try save(epoch) : nil)
        case .state(let state):
          if let reason = save(state) { progress.tell("no state to resume from is saved: \(reason)") }
        }
      } shouldStop: {
        stop.isRequested
      }
    } catch let divergence as TrainingDivergence {
      throw diverged(divergence)
    }
    if let test = data.test, test.count > 0 {
      let outputs = BatchEvaluation(model, test, threads: options.threads, group: group)
      record.test = Evaluation(labels: model.labels, truth: test.labels, predicted: outputs.predicted)
    }
    if let problem = model.problem { throw diverged("in the end, \(problem)") }
    isStopped = group.any(stop.isRequested)
    if record.member != nil, !isStopped { record.isFinished = true }
    return try group.together { group.rank == 0 ? try finish(model) : model }
  }

  private func finish(_ model: Model) throws -> Model {
    var model = model
    model.training = try JSONText.encode(record)
    let saved = try output.write { try model.save(path: $0) }
    if !isStopped { stateFile.remove() }
    return saved
  }

  private func trainer(from initial: Model) throws(CommandFailure) -> Trainer {
    guard let resumed else { return Trainer(model: initial, options: options, group: group) }
    guard let trainer = Trainer(model: initial, options: options, resuming: resumed, group: group) else {
      throw CommandFailure(
        "\(stateFile.path): is of another network: remove it to train anew", exitCode: .data)
    }
    return trainer
  }

  /// Returns why the state could not be saved, or nil. It is no reason to stop.
  private func save(_ state: TrainingState) -> String? {
    do {
      try stateFile.save(state, record, history)
      return nil
    } catch {
      return "\(error)"
    }
  }

  /// Writes the checkpoint of the best epoch so far; returns why it could not be written, or nil.
  private mutating func save(_ epoch: TrainingEpoch) throws -> TrainingProgress.Saving {
    try checkFinite(epoch)
    record.epoch = epoch.epoch
    record.validation = epoch.validation
    var best = epoch.model
    best.training = try JSONText.encode(record)
    do {
      _ = try output.write { try best.save(path: $0) }
    } catch {
      return .failed(error.message)
    }
    savedEpoch = epoch.epoch
    return .saved
  }

  /// An epoch's last step may be the one that goes wrong, which no later step would tell.
  private func checkFinite(_ epoch: TrainingEpoch) throws(CommandFailure) {
    if let loss = epoch.validationLoss, !loss.isFinite {
      throw diverged("in epoch \(epoch.epoch), its validation loss is \(loss)")
    }
    if let problem = epoch.model.problem { throw diverged("in epoch \(epoch.epoch), \(problem)") }
  }

  private func diverged(_ divergence: TrainingDivergence) -> CommandFailure {
    let windows = divergence.windows.map { data.training.origins[$0] }
    return diverged(
      "in step \(divergence.step), its loss is \(divergence.loss) and its gradient \(divergence.gradientNorm); not "
        + "finite first: \(divergence.place), in \(data.sources.text(windows))")
  }

  private func diverged(_ how: String) -> CommandFailure {
    let kept = savedEpoch > 0 ? "; \(output.path) holds epoch \(savedEpoch)" : ""
    return CommandFailure(
      "training diverged \(how): lower --learning-rate, or scale the data with --normalisation window\(kept)",
      exitCode: .data)
  }
}
