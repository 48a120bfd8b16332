import StreamIO

/// How the annotations of a recording become the class of a window: the `labels:` of a dataset file.
struct WindowLabelling: Sendable, Equatable {
  /// Which of a window's annotations decides.
  enum Rule: String, CaseIterable, Sendable {
    /// The class that comes first in the priority.
    case worst
    /// The class with most annotations, or with most frames where labels last; of several, the one that comes first in the
    /// priority.
    case majority
    /// The label nearest to the window's centre; of two as near, the earlier one.
    case centre
  }

  /// A class, and the symbols of the annotations, or the texts, that stand for it. No symbol stands for two classes.
  struct Class: Sendable, Equatable {
    var name: String
    var symbols: [String]
  }

  var source = LabelSource.annotations(annotator: nil)
  /// In the order of their indices, at least one.
  var classes: [Class]
  var rule = Rule.majority
  /// Every class index once, the one that goes before all others first.
  var priority: [Int]
  /// Frames at each end of a window whose annotations don't count: of what happened there a part may be cut off.
  var marginSamples = 0

  /// The classes' names, in the order of their indices.
  var names: [String] { classes.map(\.name) }

  /// The index of the class that a label stands for; nil where it is none.
  func classIndex(of label: String) -> Int? { classes.firstIndex { $0.symbols.contains(label) } }
}

/// Gives the windows of one recording their classes.
struct WindowLabeller: Sendable {
  let labelling: WindowLabelling
  /// The spans that stand for a class, in time order, with its index.
  let spans: [(span: LabelSpan, class: Int)]
  // The latest end of this span and those before it.
  private let ends: [Int]
  // [class]: its place in the priority.
  private let ranks: [Int]

  /// - Parameter annotations: of a recording, in any order, whose symbols are the labels.
  init(_ labelling: WindowLabelling, annotations: [Annotation]) {
    self.init(
      labelling,
      spans: annotations.map {
        LabelSpan(start: $0.sample, end: $0.sample + max(1, $0.durationSamples), label: $0.symbol)
      })
  }

  /// - Parameter spans: of the recording, in any order; those that stand for no class don't count.
  init(_ labelling: WindowLabelling, spans: [LabelSpan]) {
    self.labelling = labelling
    var indices: [String: Int] = [:]
    for (index, entry) in labelling.classes.enumerated() {
      for symbol in entry.symbols { indices[symbol] = index }
    }
    self.spans = spans.compactMap { span in indices[span.label].map { (span, $0) } }
      .sorted { $0.span.start < $1.span.start }
    var latest = Int.min
    ends = self.spans.map { entry in
      latest = max(latest, entry.span.end)
      return latest
    }
    var ranks = [Int](repeating: labelling.classes.count, count: labelling.classes.count)
    for (rank, index) in labelling.priority.enumerated() { ranks[index] = rank }
    self.ranks = ranks
  }

  /// The class name of the window of frames `start..<end`; nil where no label in it counts.
  func label(start: Int, end: Int) -> String? {
    classIndex(start: start, end: end).map { labelling.classes[$0].name }
  }

  /// The class index of the window of frames `start..<end`; nil where no label in it counts.
  func classIndex(start: Int, end: Int) -> Int? {
    let first = start + labelling.marginSamples
    // Nothing is left of a window that is shorter than its margins.
    let frames = first..<max(first, end - labelling.marginSamples)
    let earliest = ends.partitionIndex { $0 > frames.lowerBound }
    let behind = spans.partitionIndex { $0.span.start >= frames.upperBound }
    guard earliest < behind else { return nil }
    let inside = spans[earliest..<behind].filter { $0.span.end > frames.lowerBound }
    switch labelling.rule {
    case .worst:
      return inside.map(\.class).min { ranks[$0] < ranks[$1] }
    case .majority:
      var counts = [Int](repeating: 0, count: labelling.classes.count)
      for entry in inside {
        counts[entry.class] +=
          min(entry.span.end, frames.upperBound) - max(entry.span.start, frames.lowerBound)
      }
      guard !inside.isEmpty else { return nil }
      return counts.indices.min { (-counts[$0], ranks[$0]) < (-counts[$1], ranks[$1]) }
    case .centre:
      // Twice the distance, since the centre of an even number of frames lies between two.
      let centre = start + end - 1
      func distance(_ span: LabelSpan) -> Int { max(0, 2 * span.start - centre, centre - 2 * (span.end - 1)) }
      return inside.min { distance($0.span) < distance($1.span) }?.class
    }
  }
}
