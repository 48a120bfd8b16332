import Classifier
import Foundation

/// How the results' labels agree with those that people gave the same windows.
struct Agreement: Sendable {
  private var names: [String]
  private var truth: [Int] = []
  private var predicted: [Int] = []
  /// Windows that only one of the two has a label for.
  private(set) var uncompared = 0

  /// - Parameter labels: the classes in the order to show them; others are added as they come.
  init(labels: [String] = []) {
    names = labels
  }

  /// How many windows were compared.
  var count: Int { truth.count }

  /// Takes one window: the recording's label, and the result's.
  mutating func add(truth: String?, label: String?) {
    guard let truth, let label else {
      uncompared += 1
      return
    }
    self.truth.append(index(truth))
    predicted.append(index(label))
  }

  /// The figures of the daemon's labels.
  var evaluation: Evaluation { Evaluation(labels: names, truth: truth, predicted: predicted) }

  /// The most frequent true label, and the figures that saying it always would have; nil where nothing was compared.
  var baseline: (label: String, evaluation: Evaluation)? {
    guard count > 0 else { return nil }
    let support = evaluation.classes.map(\.support)
    let most = names.indices.max { (support[$0], $1) < (support[$1], $0) } ?? 0
    let constant = Array(repeating: most, count: count)
    return (names[most], Evaluation(labels: names, truth: truth, predicted: constant))
  }

  /// The figures in lines, without a line break at the end.
  var text: String {
    guard let baseline else { return "agreement: no window has both a result and a label in the recording" }
    let left = uncompared > 0 ? " (\(uncompared) more have no label on one side)" : ""
    var figures = TextTable([.left(""), .right("ACCURACY"), .right("MACRO-F1")])
    for (name, figure) in [
      ("the daemon", evaluation), ("always saying \(baseline.label.printable)", baseline.evaluation),
    ] {
      figures.add([name, String(format: "%.1f %%", figure.accuracy * 100), String(format: "%.3f", figure.macroF1)])
    }
    return """
      agreement with the recording's labels over \(count) windows\(left):
      \(figures.text)

      confusion (a row: the recording says; a column: the daemon says):
      \(confusionTable)
      """
  }

  private var confusionTable: String {
    let evaluation = evaluation
    let shown = names.indices.filter { k in
      evaluation.classes[k].support > 0 || evaluation.confusion.contains { $0[k] > 0 }
    }
    var table = TextTable(
      [.left("")] + shown.map { .right(names[$0].printable) } + [.right("PRECISION"), .right("RECALL"), .right("F1")])
    for row in shown {
      let figures = evaluation.classes[row]
      table.add(
        [names[row].printable] + shown.map { String(evaluation.confusion[row][$0]) }
          + [figures.precision, figures.recall, figures.f1].map { String(format: "%.3f", $0) })
    }
    return table.text
  }

  private mutating func index(_ name: String) -> Int {
    if let known = names.firstIndex(of: name) { return known }
    names.append(name)
    return names.count - 1
  }
}
