import Classifier
import Foundation

/// An ``Evaluation`` for people: figures by class and the confusion matrix.
struct EvaluationReport {
  private let evaluation: Evaluation

  init(_ evaluation: Evaluation) {
    self.evaluation = evaluation
  }

  var text: String {
    """
    \(evaluation.windows) windows  accuracy \(percent(evaluation.accuracy))  macro-F1 \(decimal(evaluation.macroF1))

    \(classes.text)

    \(confusion.text)
    """
  }

  private var classes: TextTable {
    var table = TextTable([.left("CLASS"), .right("PRECISION"), .right("RECALL"), .right("F1"), .right("WINDOWS")])
    for figures in evaluation.classes {
      table.add([
        figures.label, decimal(figures.precision), decimal(figures.recall), decimal(figures.f1), "\(figures.support)",
      ])
    }
    return table
  }

  private var confusion: TextTable {
    let labels = evaluation.classes.map(\.label)
    var table = TextTable([.left("TRUE \\ PREDICTED")] + labels.map { .right($0) })
    for (label, row) in zip(labels, evaluation.confusion) {
      // A checkpoint's metadata, which anybody may have written, can hold longer rows.
      table.add([label] + row.prefix(labels.count).map(String.init))
    }
    return table
  }

  private func percent(_ value: Double) -> String { String(format: "%.2f %%", 100 * value) }

  private func decimal(_ value: Double) -> String { String(format: "%.4f", value) }
}
