import Windowing

/// Counts the windows of each stream whose results did not come, by the jumps in their sequence numbers.
struct SequenceTracker: Sendable {
  private var last: [String: Int] = [:]
  /// Windows jumped over so far: dropped or expired in the daemon, or lost on the way.
  private(set) var missing = 0
  /// Streams whose numbers went back: their daemon was restarted.
  private(set) var restarts = 0

  /// How many streams have spoken.
  var streamCount: Int { last.count }

  /// Takes the result numbered `sequence` of `stream`. The first one seen of a stream sets where counting starts.
  mutating func add(stream: String, sequence: Int) {
    if let previous = last[stream] {
      if sequence > previous {
        missing = missing.addingSaturated(sequence.subtractingSaturated(previous) - 1)
      } else {
        restarts += 1
      }
    }
    last[stream] = sequence
  }

  /// How many results are missing at the streams' ends, by what a heartbeat says was sent last.
  ///
  /// Streams that never spoke here are not counted: they may be filtered out.
  func missingTail(lastSent: [String: Int]) -> Int {
    last.reduce(0) { sum, entry in
      let distance = (lastSent[entry.key] ?? entry.value).subtractingSaturated(entry.value)
      return sum.addingSaturated(max(0, distance))
    }
  }
}
