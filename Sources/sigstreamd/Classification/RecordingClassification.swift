import Classifier
import StreamIO
import Windowing

/// Results for the windows of a recording, as the daemon would publish them.
struct RecordingClassification {
  let packed: PackedModel
  let threads: Int

  /// Results in the windows' order; times count from the recording's start, and nothing has an age.
  func results(_ windows: [Window], stream: String) -> [WindowResult] {
    let served = ServedModel(packed)
    let model = packed.model
    let scorer = NoveltyScorer(model: model)
    let set = LabelledWindows(
      samples: windows.flatMap(\.samples), windowSamples: model.input.window,
      channels: model.architecture.inputChannels, labels: Array(repeating: 0, count: windows.count))
    let outputs = BatchEvaluation(packed, set, threads: threads)
    return windows.enumerated().map { n, window in
      let score = scorer?.score(embedding: outputs.embedding(n))
      let outcome = Classification(
        probabilities: outputs.probabilities(n), anomaly: score?.distance, pValue: score?.pValue)
      var result = WindowResult(
        feed: "recording", stream: stream, window: window, outcome.isFinite ? outcome : nil, model: served)
      result.publishedMicroseconds = window.endMicroseconds
      return result
    }
  }
}
