/// How predicted classes agree with true ones.
package struct Evaluation: Codable, Sendable, Equatable {
  package struct ClassFigures: Codable, Sendable, Equatable {
    package let label: String
    /// Of the windows predicted as this class, the share that are; 0 when none was predicted.
    package let precision: Double
    /// Of the windows of this class, the share that was found; 0 when there are none.
    package let recall: Double
    /// The harmonic mean of both; 0 when both are.
    package let f1: Double
    /// Windows of this class.
    package let support: Int
  }

  package let windows: Int
  package let accuracy: Double
  /// The mean F1 of the classes that occur, in truth or prediction.
  package let macroF1: Double
  package let classes: [ClassFigures]
  /// `[true class][predicted class]`
  package let confusion: [[Int]]

  /// - Parameters: `truth` and `predicted`: class indices, equally many.
  package init(labels: [String], truth: [Int], predicted: [Int]) {
    precondition(truth.count == predicted.count)
    var confusion = Array(repeating: [Int](repeating: 0, count: labels.count), count: labels.count)
    for (t, p) in zip(truth, predicted) {
      confusion[t][p] += 1
    }
    let classes = labels.indices.map { k in
      let hits = Double(confusion[k][k])
      let support = confusion[k].reduce(0, +)
      let claimed = confusion.reduce(0) { $0 + $1[k] }
      return ClassFigures(
        label: labels[k], precision: claimed > 0 ? hits / Double(claimed) : 0,
        recall: support > 0 ? hits / Double(support) : 0,
        f1: support + claimed > 0 ? 2 * hits / Double(support + claimed) : 0, support: support)
    }
    let occurring = labels.indices.filter { k in
      classes[k].support > 0 || confusion.contains { $0[k] > 0 }
    }
    let hits = labels.indices.reduce(0) { $0 + confusion[$1][$1] }
    windows = truth.count
    accuracy = truth.isEmpty ? 0 : Double(hits) / Double(truth.count)
    macroF1 = occurring.isEmpty ? 0 : occurring.reduce(0) { $0 + classes[$1].f1 } / Double(occurring.count)
    self.classes = classes
    self.confusion = confusion
  }
}
