import Classifier

/// How a run went, epoch by epoch.
struct LearningCurves {
  /// Above the charts.
  var title = "Learning curves"
  let history: TrainingHistory
  /// The epoch that was kept.
  let keptEpoch: Int
  let options: TrainingOptions
  /// Training windows.
  let windows: Int

  var html: String {
    guard !history.epochs.isEmpty else { return "" }
    return HTML.section(title, HTML.grid([loss, metric, learningRate].compactMap { $0 }))
  }

  private func series(_ value: (TrainingHistory.Epoch) -> Double?) -> [(x: Double, y: Double)] {
    history.epochs.compactMap { epoch in value(epoch).map { (Double(epoch.epoch), $0) } }
  }

  private func chart(_ values: [[(x: Double, y: Double)]], _ styles: [Chart.Style], _ label: String) -> Chart {
    let points = values.flatMap { $0 }
    var chart = Chart(
      x: ChartAxis(fitting: [1, Double(max(history.epochs.last?.epoch ?? 1, 2))], leastStep: 1, rounding: false),
      y: ChartAxis(fitting: points.map(\.y)), labels: ("epoch", label))
    if keptEpoch > 0 { chart.mark(at: Double(keptEpoch), "kept") }
    for (points, style) in zip(values, styles) { chart.line(points, style) }
    return chart
  }

  private var loss: String {
    let validation = series(\.validationLoss)
    let chart = chart([series(\.trainingLoss), validation], [.first, .second], "loss")
    let names = ["training loss"] + (validation.isEmpty ? [] : ["validation loss"])
    return HTML.figure(chart.svg(title: "Loss by epoch"), caption: Self.legend(names))
  }

  private var metric: String? {
    let (accuracy, macroF1) = (series(\.accuracy), series(\.macroF1))
    guard !accuracy.isEmpty else { return nil }
    let chart = chart([accuracy, macroF1], [.first, .second], "validation part")
    return HTML.figure(
      chart.svg(title: "Accuracy and macro-F1 by epoch"), caption: Self.legend(["accuracy", "macro-F1"]))
  }

  /// The schedule that the steps have followed.
  private var learningRate: String {
    let schedule = LearningRateSchedule(options, steps: options.steps(windows: windows))
    let steps = max(history.steps, 1)
    let count = min(steps, 200)
    let points = (0..<count).map { n in
      let step = count == 1 ? 0 : n * (steps - 1) / (count - 1)
      return (x: Double(step + 1), y: schedule.rate(step: step))
    }
    var chart = Chart(
      x: ChartAxis(fitting: [1, Double(max(steps, 2))], leastStep: 1, rounding: false),
      y: ChartAxis(fitting: [0] + points.map(\.y)), labels: ("step", "learning rate"))
    chart.line(points, .first, dots: false)
    return HTML.figure(chart.svg(title: "Learning rate by step"), caption: "learning rate")
  }

  private static func legend(_ names: [String]) -> String {
    zip(names, [Chart.Style.first, .second]).map { name, style in
      "<span class=\"key \(style.rawValue)\"></span>\(HTML.escaped(name))"
    }.joined(separator: " ")
  }
}
