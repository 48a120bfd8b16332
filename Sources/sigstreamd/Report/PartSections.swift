import Classifier
import Foundation

/// What the page shows of one part of the data.
struct PartSections {
  let part: MeasuredPart
  /// 0: unknown.
  let sampleRateHz: Double
  /// Mistakes that are drawn at the most.
  private static let mostMistakes = 12

  private var evaluation: Evaluation { part.evaluation }

  var html: String {
    let name = part.name
    return HTML.section("\(name): figures", summary + classTable)
      + HTML.section("\(name): confusion matrix", confusion)
      + HTML.section("\(name): precision and recall", precisionRecall)
      + HTML.section("\(name): reliability", reliability)
      + HTML.section("\(name): most confident mistakes", mistakes)
  }

  private var summary: String {
    let tiles = [
      ("windows", "\(evaluation.windows)"), ("accuracy", String(format: "%.2f %%", 100 * evaluation.accuracy)),
      ("macro-F1", String(format: "%.4f", evaluation.macroF1)),
      ("calibration error", String(format: "%.4f", part.scores.reliability.expectedCalibrationError)),
    ]
    return "<div class=\"tiles\">" + tiles.map { "<div><b>\($1)</b>\($0)</div>" }.joined() + "</div>\n"
  }

  private var classTable: String {
    HTML.table(
      ["class", "precision", "recall", "F1", "average precision", "windows"],
      evaluation.classes.enumerated().map { k, figures in
        let average = part.scores.precisionRecall(class: k)?.averagePrecision
        return [figures.label] + [figures.precision, figures.recall, figures.f1].map(Self.decimal)
          + [average.map(Self.decimal) ?? "–", "\(figures.support)"]
      })
  }

  private var confusion: String {
    ConfusionTable(evaluation: evaluation).html
      + "<p class=\"note\">Windows. The deeper the shade, the larger the share of the true class (its row).</p>\n"
  }

  private var precisionRecall: String {
    let figures = evaluation.classes.indices.compactMap { k -> String? in
      guard let curve = part.scores.precisionRecall(class: k) else { return nil }
      let label = evaluation.classes[k].label
      let unit = ChartAxis(fitting: [0, 1])
      var chart = Chart(x: unit, y: unit, labels: ("recall", "precision"), size: (width: 300, height: 240))
      chart.line(Self.steps(curve), .first, dots: false)
      let average = Self.decimal(curve.averagePrecision)
      return HTML.figure(
        chart.svg(title: "Precision against recall of \(label), average precision \(average)"),
        caption: "<b>\(HTML.escaped(label))</b> average precision \(average)")
    }
    return HTML.grid(figures, isDense: true)
  }

  /// The curve as average precision integrates it: each precision holds back to the recall before it.
  private static func steps(_ curve: PrecisionRecallCurve) -> [(x: Double, y: Double)] {
    var points: [(x: Double, y: Double)] = []
    var recall = 0.0
    for point in curve.points where point.recall > recall {
      points += [(recall, point.precision), (point.recall, point.precision)]
      recall = point.recall
    }
    return thinned(points)
  }

  /// At most some hundreds of points, which is more than the eye tells apart.
  private static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
    let most = 600
    guard points.count > most else { return points }
    return (0..<most).map { points[$0 * (points.count - 1) / (most - 1)] }
  }

  private var reliability: String {
    let reliability = part.scores.reliability
    let unit = ChartAxis(fitting: [0, 1])
    var chart = Chart(x: unit, y: unit, labels: ("confidence", "share that is right"))
    for bin in reliability.bins where bin.count > 0 {
      chart.bar(from: bin.lower, to: bin.upper, height: bin.accuracy, .bar)
    }
    chart.line([(0, 0), (1, 1)], .diagonal, dots: false)
    chart.line(reliability.bins.filter { $0.count > 0 }.map { ($0.confidence, $0.accuracy) }, .second)
    var counts = Chart(
      x: unit, y: ChartAxis(fitting: [0] + reliability.bins.map { Double($0.count) }), labels: ("confidence", "windows")
    )
    for bin in reliability.bins { counts.bar(from: bin.lower, to: bin.upper, height: Double(bin.count), .bar) }
    let error = Self.decimal(reliability.expectedCalibrationError)
    return HTML.grid([
      HTML.figure(
        chart.svg(title: "Reliability diagram, expected calibration error \(error)"),
        caption: "Below the diagonal the model is surer than it should be. Expected calibration error \(error)."),
      HTML.figure(counts.svg(title: "Windows by confidence"), caption: "Windows by the confidence of their class."),
    ])
  }

  private var mistakes: String {
    let chart = SignalChart(part.windows, sampleRateHz: sampleRateHz)
    let figures = part.scores.confidentMistakes(Self.mostMistakes).map { n in
      let place = part.sources.text([part.windows.origins[n]])
      let labels = evaluation.classes.map(\.label)
      let (truth, predicted) = (labels[part.scores.truth[n]], labels[part.scores.predicted[n]])
      let confidence = String(format: "%.1f\u{A0}%%", 100 * part.scores.confidence(n))
      return HTML.figure(
        chart.svg(n, title: "\(place): \(truth) taken for \(predicted)"),
        caption: """
          <b>\(HTML.escaped(truth))</b> taken for <b>\(HTML.escaped(predicted))</b>, \(confidence) sure<br/>\
          \(HTML.escaped(place))
          """)
    }
    if figures.isEmpty { return "<p>None: every window is classified right.</p>\n" }
    let more = part.windows.channels - SignalChart.mostChannels
    return HTML.grid(figures)
      + (more > 0 ? "<p class=\"note\">\(more) more channel\(more == 1 ? " is" : "s are") not drawn.</p>\n" : "")
  }

  private static func decimal(_ value: Double) -> String { String(format: "%.4f", value) }
}
