import Classifier
import StreamIO
import Windowing

/// Results for the windows of a recording, as the daemon would publish them.
struct RecordingClassification {
  let packed: PackedModel
  let threads: Int

  /// Results of the windows `range`, in their order; times count from the recording's start, and nothing has an age.
  func results(_ windows: RecordingWindows, _ range: Range<Int>, stream: String) -> [WindowResult] {
    let served = ServedModel(packed)
    let scorer = NoveltyScorer(model: packed.model)
    let outputs = BatchEvaluation(packed, windows.samples(range), threads: threads)
    return windows.windows[range].enumerated().map { n, window in
      let score = scorer?.score(embedding: outputs.embedding(n))
      var outcome = Classification(
        probabilities: outputs.probabilities(n), anomaly: score?.distance, pValue: score?.pValue)
      if !outcome.isFinite { outcome.fail() }
      var result = WindowResult(feed: "recording", stream: stream, window: window, outcome, model: served)
      result.publishedMicroseconds = window.endMicroseconds
      return result
    }
  }
}
