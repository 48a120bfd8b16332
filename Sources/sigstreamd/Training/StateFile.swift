import Classifier
import Foundation

/// The file beside a model that an interrupted training can go on from: `MODEL.training`. It is there from the first epoch
/// to the end of training.
struct StateFile {
  let path: String
  private let digests: [String]

  /// What must be the same for the result to be that of an uninterrupted run, and what is known of the best epoch.
  private struct Notes: Codable {
    var record: TrainingRecord
    var history: TrainingHistory
    /// SHA-256 of the training and validation windows.
    var data: [String]
  }

  /// - Parameter data: what the model is trained on.
  init(model: String, data: TrainingData) {
    path = Self.path(model: model)
    digests = [data.training.digest] + (data.validation.map { [$0.digest] } ?? [])
  }

  var exists: Bool { FileManager.default.fileExists(atPath: path) }

  /// The file beside `model`.
  static func path(model: String) -> String { model + ".training" }

  /// Throws where starting anew would replace the state of another run.
  static func checkAbsent(model: String) throws(CommandFailure) {
    let path = path(model: model)
    guard FileManager.default.fileExists(atPath: path) else { return }
    throw CommandFailure(
      "\(path): an interrupted training can go on from here: give --resume, or remove the file to start anew",
      exitCode: .usage)
  }

  func save(_ state: TrainingState, _ record: TrainingRecord, _ history: TrainingHistory) throws {
    var state = state
    state.notes = try JSONText.encode(Notes(record: record, history: history, data: digests))
    try state.save(path: path)
  }

  /// The state, the record with the best epoch's figures, and those of all epochs.
  ///
  /// - Parameter record: of the run that goes on.
  /// - Throws: `CommandFailure` where there is none, it can't be read, or it is of a run with other options or data.
  func load(_ record: TrainingRecord) throws(CommandFailure) -> (TrainingState, TrainingRecord, TrainingHistory) {
    guard FileManager.default.fileExists(atPath: path) else {
      throw CommandFailure("\(path): there is nothing to resume: leave --resume out to start anew", exitCode: .usage)
    }
    let state: TrainingState
    let notes: Notes
    do {
      state = try TrainingState.load(path: path)
      notes = try JSONDecoder().decode(Notes.self, from: Data(state.notes.utf8))
    } catch {
      throw CommandFailure(
        "\(error is CheckpointError ? "\(error)" : "\(path): is not the state of a training run"); remove it and train "
          + "anew: the model's file holds the best epoch so far", exitCode: .data)
    }
    try check(notes, record)
    return (state, notes.record, notes.history)
  }

  /// Removes the file: training is done.
  func remove() { try? FileManager.default.removeItem(atPath: path) }

  private func check(_ notes: Notes, _ record: TrainingRecord) throws(CommandFailure) {
    let (old, new) = (notes.record.plan, record.plan)
    if old.program != new.program {
      throw mismatch("was begun by \(old.program), this is \(new.program): go on with that version")
    }
    if old.command != new.command { throw mismatch("was begun by another command, give the same: \(old.command)") }
    if old.teacher != new.teacher { throw mismatch("was begun with another teacher: give the same file") }
    if old != new { throw mismatch("was begun with other data or augmentation (\(old.data.name)): give the same") }
    if notes.data != digests {
      throw mismatch("was begun with other windows of \(old.data.name): the recordings or labels have changed")
    }
  }

  private func mismatch(_ reason: String) -> CommandFailure {
    CommandFailure("\(path): \(reason); or remove the file to start anew", exitCode: .data)
  }
}
