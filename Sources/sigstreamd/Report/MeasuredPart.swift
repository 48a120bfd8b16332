import Classifier

/// A part of the data and what the model says of it.
struct MeasuredPart {
  /// As a heading, such as "Test part".
  let name: String
  let windows: LabelledWindows
  /// Names the windows.
  let sources: WindowSources
  let scores: ScoredWindows
  let evaluation: Evaluation
}

extension MeasuredPart {
  init(name: String, windows: LabelledWindows, sources: WindowSources, outputs: BatchEvaluation, labels: [String]) {
    self.init(
      name: name, windows: windows, sources: sources, scores: ScoredWindows(outputs, truth: windows.labels),
      evaluation: Evaluation(labels: labels, truth: windows.labels, predicted: outputs.predicted))
  }
}
