import StreamIO

/// How the annotations of a recording become the class of a window: the `labels:` of a dataset file.
struct WindowLabelling: Sendable, Equatable {
  /// Which of a window's annotations decides.
  enum Rule: String, CaseIterable, Sendable {
    /// The class that comes first in the priority.
    case worst
    /// The class with most annotations; of several, the one that comes first in the priority.
    case majority
    /// The annotation nearest to the window's centre; of two as near, the earlier one.
    case centre
  }

  /// A class, and the symbols of the annotations that stand for it. No symbol stands for two classes.
  struct Class: Sendable, Equatable {
    var name: String
    var symbols: [String]
  }

  /// In the order of their indices, at least one.
  var classes: [Class]
  var rule = Rule.majority
  /// Every class index once, the one that goes before all others first.
  var priority: [Int]
  /// Frames at each end of a window whose annotations don't count: of what happened there a part may be cut off.
  var marginSamples = 0

  /// The classes' names, in the order of their indices.
  var names: [String] { classes.map(\.name) }
}

/// Gives the windows of one recording their classes.
struct WindowLabeller: Sendable {
  let labelling: WindowLabelling
  // The annotations that stand for a class, in time order.
  private let samples: [Int]
  private let classes: [Int]
  // [class]: its place in the priority.
  private let ranks: [Int]

  /// - Parameter annotations: of the recording, in any order; those that stand for no class don't count.
  init(_ labelling: WindowLabelling, annotations: [Annotation]) {
    self.labelling = labelling
    var indices: [String: Int] = [:]
    for (index, entry) in labelling.classes.enumerated() {
      for symbol in entry.symbols { indices[symbol] = index }
    }
    let counted = annotations.compactMap { annotation in
      indices[annotation.symbol].map { (sample: annotation.sample, class: $0) }
    }.sorted { $0.sample < $1.sample }
    samples = counted.map(\.sample)
    classes = counted.map(\.class)
    var ranks = [Int](repeating: labelling.classes.count, count: labelling.classes.count)
    for (rank, index) in labelling.priority.enumerated() { ranks[index] = rank }
    self.ranks = ranks
  }

  /// The class name of the window of frames `start..<end`; nil where no annotation in it counts.
  func label(start: Int, end: Int) -> String? {
    classIndex(start: start, end: end).map { labelling.classes[$0].name }
  }

  /// The class index of the window of frames `start..<end`; nil where no annotation in it counts.
  func classIndex(start: Int, end: Int) -> Int? {
    let first = position(ofFrame: start + labelling.marginSamples)
    let behind = position(ofFrame: end - labelling.marginSamples)
    guard first < behind else { return nil }
    let inside = classes[first..<behind]
    switch labelling.rule {
    case .worst:
      return inside.min { ranks[$0] < ranks[$1] }
    case .majority:
      var counts = [Int](repeating: 0, count: labelling.classes.count)
      for index in inside { counts[index] += 1 }
      return counts.indices.min { (-counts[$0], ranks[$0]) < (-counts[$1], ranks[$1]) }
    case .centre:
      // Twice the distance, since the centre of an even number of frames lies between two.
      return (first..<behind).min {
        abs(2 * samples[$0] - (start + end - 1)) < abs(2 * samples[$1] - (start + end - 1))
      }
      .map { classes[$0] }
    }
  }

  /// The first annotation at `frame` or later, by bisection: O(log n).
  private func position(ofFrame frame: Int) -> Int {
    var (low, high) = (0, samples.count)
    while low < high {
      let middle = (low + high) / 2
      if samples[middle] < frame { low = middle + 1 } else { high = middle }
    }
    return low
  }
}
