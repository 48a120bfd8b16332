/// What another configuration changes of the live path while it runs.
struct ReloadPlan: Equatable {
  /// Feeds that go on and lose no sample, though their model may be another one.
  var kept: [String] = []
  /// Feeds that end, …
  var stopped: [String] = []
  /// … and those that begin after that, some of them with the same names.
  var started: [FeedConfiguration] = []
  /// The path of each lane's model afterwards; nil: no feed uses it.
  var lanes: [String?] = []

  /// - Parameters:
  ///   - lanes: the path of each lane's model so far.
  ///   - isExchangeable: whether the new model at the second path can take the place of the one at the first: their
  ///     windows have the same channels.
  /// - Throws: `ReloadError` where `new` changes what needs a restart.
  init(
    from old: Configuration, to new: Configuration, lanes: [String?],
    isExchangeable: (_ oldPath: String, _ newPath: String) -> Bool
  ) throws(ReloadError) {
    try Self.checkUnchanged(old, new)
    let before = Dictionary(uniqueKeysWithValues: old.feeds.map { ($0.name, $0) })
    let same = new.feeds.filter { feed in
      before[feed.name].map { $0.isSame(as: feed) && isExchangeable($0.modelPath, feed.modelPath) } ?? false
    }
    self.lanes = lanes.map { path in
      // A lane's feeds get another model together, or, where they part, one of them anew.
      let paths = Set(same.filter { before[$0.name]?.modelPath == path }.map(\.modelPath))
      return paths.count == 1 ? paths.first : paths.contains { $0 == path } ? path : nil
    }
    removeDoubles(unchanged: lanes)
    for feed in new.feeds {
      let lane = before[feed.name].flatMap { old in lanes.firstIndex { $0 == old.modelPath } }
      if same.contains(where: { $0.name == feed.name }), let lane, self.lanes[lane] == feed.modelPath {
        kept.append(feed.name)
      } else {
        started.append(feed)
      }
    }
    stopped = old.feeds.map(\.name).filter { !kept.contains($0) }
    for path in Set(started.map(\.modelPath)).sorted() where !self.lanes.contains(path) {
      if let free = self.lanes.firstIndex(of: nil) { self.lanes[free] = path } else { self.lanes.append(path) }
    }
  }

  /// A path has one lane: the one that had it before, or the first.
  private mutating func removeDoubles(unchanged before: [String?]) {
    let wanted = lanes
    for (lane, path) in wanted.enumerated() where path != nil {
      let holders = wanted.indices.filter { wanted[$0] == path }
      if lane != holders.first(where: { before[$0] == path }) ?? holders.first { lanes[lane] = nil }
    }
  }

  private static func checkUnchanged(_ old: Configuration, _ new: Configuration) throws(ReloadError) {
    let parts: [(key: RootKey, isSame: Bool)] = [
      (.workers, old.workers == new.workers), (.output, old.output == new.output),
      (.history, old.history == new.history), (.record, old.record == new.record),
      (.security, old.security == new.security),
      (.http, old.http == new.http),
    ]
    if let part = parts.first(where: { !$0.isSame }) { throw .needsRestart(part.key) }
  }

  /// For the log: `2 feeds as they were, 1 stopped, 1 started`.
  var text: String {
    "\(kept.count) \(kept.count == 1 ? "feed goes" : "feeds go") on, \(stopped.count) stopped, \(started.count) started"
  }
}

extension FeedConfiguration {
  /// Whether a feed of `other` is the same but for its model and its place in the file.
  fileprivate func isSame(as other: FeedConfiguration) -> Bool {
    var other = other
    (other.modelPath, other.source) = (modelPath, source)
    return self == other
  }
}

/// Why another configuration is not taken, though it is right.
enum ReloadError: Error, Equatable, CustomStringConvertible {
  /// A part of it can't be changed while the daemon runs.
  case needsRestart(RootKey)
  /// Feeds were to begin anew while the history, by which they go on, does not have all that was published.
  case historyIsBehind

  var description: String {
    switch self {
    case .needsRestart(let key):
      "\(key.rawValue): can't be changed while the daemon runs: restart it, or write it as it was"
    case .historyIsBehind:
      "the history's disc is full or slow, and feeds that begin anew go on where the history ends: try again when it is not"
    }
  }
}

extension ReloadError: CommandFailureConvertible {
  var commandFailure: CommandFailure { CommandFailure(description, exitCode: .configuration) }
}
