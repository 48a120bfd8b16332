import Classifier
import Foundation

/// Trains one model, or the members of an ensemble one after the other: each into a file of its own beside the
/// ensemble's, which stays until all are joined, so that an interruption costs no member.
struct EnsembleRun {
  /// One for each member.
  private(set) var members: [TrainingRun]
  /// Of the whole.
  private(set) var record: TrainingRecord
  /// Whether training was asked to stop before it was done.
  var isStopped: Bool { members.contains(where: \.isStopped) }
  private let output: OutputFile
  private let group: any TrainingGroup

  /// - Parameters:
  ///   - first: the run of a single model, or of an ensemble's first member as if it were one.
  ///   - count: members.
  init(_ first: TrainingRun, members count: Int, group: any TrainingGroup) throws(CommandFailure) {
    (output, record, self.group) = (first.output, first.record, group)
    members = [first]
    guard count > 1 else { return }
    members = []
    for number in 1...count {
      let path = Self.path(ofMember: number, of: output.path)
      let file = group.rank == 0 ? try OutputFile(path) : OutputFile(ofAnotherProcess: path)
      members.append(first.member(number, output: file))
    }
  }

  /// The files that hold finished members until all are.
  static func path(ofMember number: Int, of model: String) -> String { "\(model).member-\(number)" }

  /// Throws where starting anew would replace what an interrupted run has left.
  func checkNothingIsLeft() throws(CommandFailure) {
    for run in members {
      try StateFile.checkAbsent(model: run.output.path)
      guard run.record.member == nil || !FileManager.default.fileExists(atPath: run.output.path) else {
        throw CommandFailure(
          "\(run.output.path): is of an ensemble whose training was interrupted: give --resume, or remove the file to "
            + "start anew", exitCode: .usage)
      }
    }
  }

  /// Trains, writes the model and returns it; where training was stopped, the first members may be all there is.
  ///
  /// - Parameters:
  ///   - resuming: goes on where an interrupted run has stopped.
  ///   - begin: called before each member is trained, with its run and the steps that it had done.
  mutating func run(
    from initial: [Model], resuming: Bool, begin: (inout TrainingRun, _ stepsDone: Int) throws -> Void
  ) throws -> Model {
    var models: [Model] = []
    for index in members.indices {
      if members.count > 1 { StandardError.write("member \(index + 1) of \(members.count)\n") }
      if resuming, let finished = try members[index].finishedMember() {
        models.append(finished)
        continue
      }
      let stepsDone = try resuming && goesOn(index) ? members[index].resume() : 0
      try begin(&members[index], stepsDone)
      models.append(try members[index].run(from: initial[index]))
      if members[index].isStopped { break }
    }
    guard models.count > 1, !isStopped else {
      record = members[0].record
      return models[0]
    }
    return try join(models)
  }

  /// Whether a member that is not done goes on, or begins. With nothing left of the first one, resume() says so.
  private func goesOn(_ index: Int) -> Bool { members[index].canResume || (index == 0 && !isBegun) }

  /// Whether an interrupted run has left an ensemble's first member, be it without the state to go on from.
  private var isBegun: Bool {
    group.any(
      group.rank == 0 && members.count > 1 && FileManager.default.fileExists(atPath: members[0].output.path))
  }

  private mutating func join(_ models: [Model]) throws -> Model {
    let (data, options) = (members[0].data, members[0].options)
    record = TrainingRecord(joining: members.map(\.record))
    var model = Model(joining: models, training: "{}").withNovelty(
      training: data.training, validation: data.validation, seed: options.seed, threads: options.threads, group: group)
    record.validation = evaluation(model, data.validation, options)
    record.test = evaluation(model, data.test, options)
    model.training = try JSONText.encode(record)
    return try group.together {
      guard group.rank == 0 else { return model }
      let saved = try output.write { try model.save(path: $0) }
      for run in members { try? FileManager.default.removeItem(atPath: run.output.path) }
      return saved
    }
  }

  private func evaluation(_ model: Model, _ windows: LabelledWindows?, _ options: TrainingOptions) -> Evaluation? {
    guard let windows, windows.count > 0 else { return nil }
    let outputs = BatchEvaluation(model, windows, threads: options.threads, group: group)
    return Evaluation(labels: model.labels, truth: windows.labels, predicted: outputs.predicted)
  }
}
