import Classifier
import Foundation

/// A confusion matrix as a table: counts, shaded by the share of the true class.
struct ConfusionTable {
  let evaluation: Evaluation

  var html: String {
    let labels = evaluation.classes.map(\.label)
    let heads = labels.map { label in
      let text = HTML.escaped(label)
      return "<th scope=\"col\" title=\"\(text)\"><span>\(text)</span></th>"
    }
    let rows = labels.indices.map(row)
    return """
      <div class="wide"><table class="confusion">
      <thead><tr><th scope="col">true \\ predicted</th>\(heads.joined())</tr></thead>
      <tbody>
      \(rows.joined())</tbody></table></div>

      """
  }

  private func row(_ truth: Int) -> String {
    let counts = evaluation.confusion[truth]
    let total = max(counts.reduce(0, +), 1)
    let cells = counts.enumerated().map { predicted, count in
      let share = Double(count) / Double(total)
      let kind = count == 0 ? "zero" : predicted == truth ? "hit" : "miss"
      let percent = String(format: "%.1f %%", 100 * share)
      return
        "<td class=\"\(kind)\" style=\"--share:\(String(format: "%.3f", share))\" title=\"\(percent)\">\(count)</td>"
    }
    let label = HTML.escaped(evaluation.classes[truth].label)
    return "<tr><th scope=\"row\">\(label)</th>\(cells.joined())</tr>\n"
  }
}
