import Classifier
import Foundation

/// One HTML file that shows a model: how it was trained, and what it makes of parts of the data. It needs no other file.
struct ReportPage {
  let title: String
  let model: Model
  /// The model's file.
  let path: String
  /// Those of each run that made the model; none of one that was trained before.
  var curves: [LearningCurves] = []
  let parts: [MeasuredPart]

  var html: String {
    let curves = curves.map(\.html).joined()
    let sections = parts.map { PartSections(part: $0, sampleRateHz: model.input.sampleRate).html }
    return """
      <!DOCTYPE html>
      <html lang="en">
      <head>
      <meta charset="utf-8"/>
      <meta name="viewport" content="width=device-width, initial-scale=1"/>
      <meta name="generator" content="sigstreamd \(Sigstreamd.version)"/>
      <title>\(HTML.escaped(title))</title>
      <style>
      \(ReportStyle.css)
      </style>
      </head>
      <body>
      <header><h1>\(HTML.escaped(title))</h1></header>
      <main>
      \(HTML.section("The run", facts))\(curves)\(sections.joined())</main>
      </body>
      </html>

      """
  }

  /// Writes the page.
  ///
  /// - Throws: `CommandFailure` where it can't be written.
  func write(to output: OutputFile) throws(CommandFailure) {
    try output.write { try Data(html.utf8).write(to: URL(filePath: $0), options: .atomic) }
  }

  private var facts: String {
    let inspection = ModelInspection(model)
    let recipe = curves.first.map { [("recipe", $0.options.summary)] } ?? []
    return HTML.facts([("file", path)] + inspection.facts + recipe)
      + (inspection.training.map(windowTable) ?? "")
  }

  /// Windows of each class in each part.
  private func windowTable(_ record: TrainingRecord) -> String {
    let names = DatasetPart.allCases.map(\.rawValue).filter { record.data.windows[$0] != nil }
    guard !names.isEmpty else { return "" }
    let rows = model.labels.map { label in [label] + names.map { "\(record.data.windows[$0]?[label] ?? 0)" } }
    let sums = names.map { "\(record.data.windows[$0]?.values.reduce(0, +) ?? 0)" }
    let leftOut = record.data.leftOut.sorted { $0.key < $1.key }.map { "Left out: \($1) \($0)." }
    let note = leftOut.isEmpty ? "" : "<p class=\"note\">\(HTML.escaped(leftOut.joined(separator: " ")))</p>\n"
    return "<h3>Windows</h3>\n" + HTML.table(["class"] + names, rows + [["all"] + sums]) + note
  }
}

extension TrainingOptions {
  /// The recipe in words.
  fileprivate var summary: String {
    func number(_ value: Double) -> String { String(format: "%g", value) }
    let batches = "\(epochs) epochs, batches of \(batch) in micro-batches of \(microBatch)"
    let rates = "learning rate \(number(learningRate)) to \(number(minimumLearningRate))"
    let regularisation = "weight decay \(number(weightDecay)), dropout \(number(dropout)), clipping at \(number(clip))"
    let average = averageDecay.map { ", average of weights with decay \(number($0))" } ?? ""
    let stop = patience.map { ", patience \($0)" } ?? ""
    return
      "\(batches), \(rates), \(regularisation), sampling \(sampling.rawValue)\(average), best by \(metric.rawValue)"
      + "\(stop), \(precision.rawValue), seed \(seed)"
  }
}
