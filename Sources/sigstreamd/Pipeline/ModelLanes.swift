/// The models that are served, each in a lane of its own. They can be exchanged while workers run: a worker looks which
/// model its lane has before each batch.
final class ModelLanes: Sendable {
  struct Entry: Sendable {
    /// Where the checkpoint is, as the configuration has it.
    var path: String
    var model: ServedModel
  }
  // nil: no feed uses the lane.
  private let entries: Monitor<[Entry?]>

  /// Lanes without gaps, in the order of the paths.
  ///
  /// - Parameter models: by their paths.
  init(_ models: [String: ServedModel]) {
    entries = Monitor(models.sorted { $0.key < $1.key }.map { Entry(path: $0.key, model: $0.value) })
  }

  /// By lane; nil: no feed uses it.
  var all: [Entry?] { entries.withLock(\.self) }

  /// What a lane in use has now.
  subscript(lane: Int) -> Entry {
    guard let entry = entries.withLock({ $0[lane] }) else { preconditionFailure("lane \(lane) has no model") }
    return entry
  }

  /// The lane of the model at `path`.
  func lane(of path: String) -> Int {
    guard let lane = entries.withLock({ $0.firstIndex { $0?.path == path } }) else {
      preconditionFailure("no model was given for \(path)")
    }
    return lane
  }

  /// Puts other models into the lanes; none that has windows is without one after it.
  func exchange(_ new: [Entry?]) { entries.withLock { $0 = new } }
}
