import Classifier
import Foundation

/// The checkpoint's `training` metadata: what the model was trained on, how, and its measured figures.
///
/// It holds nothing that differs between two runs that give the same weights, such as threads, dates or paths of output,
/// so that the same seed gives the same file.
struct TrainingRecord: Codable, Sendable, Equatable {
  var program = "sigstreamd \(Sigstreamd.version)"
  /// The command line that trained it, without what does not change the weights, such as `--threads`.
  var command: String
  var data: TrainingData.Description
  /// What was done to the training windows; nil: nothing.
  var augmentation: Augmentation?
  /// SHA-256 of the checkpoint that it was distilled from; nil: of none.
  var teacher: String?
  /// Which of an ensemble's members, from 1; nil: a single model, or a whole ensemble.
  var member: Int?
  /// Of an ensemble's member, true once its training is done: the file of its best epoch so far looks alike. Nil until
  /// then, and in any other model.
  var isFinished: Bool?
  var parameters: Int
  /// The epoch whose weights were kept, from 1.
  var epoch = 0
  var validation: Evaluation?
  var test: Evaluation?
  /// Of an ensemble, whose own ``epoch`` is 0.
  var members: [Member]?

  /// What is known of an ensemble's member.
  struct Member: Codable, Sendable, Equatable {
    /// The epoch whose weights were kept, from 1.
    var epoch: Int
    var validation: Evaluation?
  }

  static let unrecordedOptions: Set<String> = [
    "--model", "--threads", "--log", "--tensorboard", "--report", "--save-every", "--cache", "--cache-limit",
  ]
  static let unrecordedFlags: Set<String> = ["--resume", "--checkpoint-activations", "--no-cache"]

  /// `arguments` without the options that do not change the weights.
  static func command(_ arguments: [String]) -> String {
    var kept = ["sigstreamd"]
    var skipsValue = false
    for argument in arguments {
      if skipsValue {
        skipsValue = false
      } else if unrecordedOptions.contains(argument) {
        skipsValue = true
      } else if unrecordedFlags.contains(argument) {
        continue
      } else if !unrecordedOptions.contains(where: { argument.hasPrefix($0 + "=") }) {
        kept.append(quoted(argument))
      }
    }
    return kept.joined(separator: " ")
  }

  /// `argument` as a shell takes it.
  private static func quoted(_ argument: String) -> String {
    guard argument.isEmpty || argument.contains(/[^A-Za-z0-9_@%+=:,.\/-]/) else { return argument }
    return "'" + argument.replacing("'", with: "'\\''") + "'"
  }
}

extension TrainingRecord {
  /// What a model's file says of its training; nil where another program wrote that.
  init?(of model: Model) {
    guard let record = try? JSONDecoder().decode(Self.self, from: Data(model.training.utf8)) else { return nil }
    self = record
  }

  /// The record of the whole ensemble whose members' records are given.
  init(joining records: [TrainingRecord]) {
    self = records[0]
    (member, isFinished, epoch, validation, test) = (nil, nil, 0, nil, nil)
    parameters = records.reduce(0) { $0 + $1.parameters }
    members = records.map { Member(epoch: $0.epoch, validation: $0.validation) }
  }

  /// Without what training finds out: alike in two runs that give the same weights.
  var plan: TrainingRecord {
    var plan = self
    (plan.isFinished, plan.epoch, plan.validation, plan.test) = (nil, 0, nil, nil)
    return plan
  }
}
