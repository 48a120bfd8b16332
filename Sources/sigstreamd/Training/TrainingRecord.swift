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
  var parameters: Int
  /// The epoch whose weights were kept, from 1.
  var epoch = 0
  var validation: Evaluation?
  var test: Evaluation?

  static let unrecordedOptions: Set<String> = [
    "--model", "--threads", "--log", "--tensorboard", "--report", "--save-every",
  ]
  static let unrecordedFlags: Set<String> = ["--resume", "--checkpoint-activations"]

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
