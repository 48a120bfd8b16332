import StreamIO
import Windowing

extension WindowResult {
  /// The result for a window, without the times of its publication.
  ///
  /// - Parameter outcome: what the model says; that it could say nothing makes the status `failed`.
  init(feed: String, stream: String, window: Window, _ outcome: Classification, model: ServedModel) {
    self.init(
      feed: feed, stream: stream, sequence: window.sequence, epoch: window.epoch, startSample: window.startSample,
      endSample: window.endSample, startMicroseconds: window.startMicroseconds, endMicroseconds: window.endMicroseconds,
      publishedMicroseconds: 0, ageMicroseconds: 0, status: .failed, model: model.identity,
      isMasked: window.isMasked ? true : nil)
    guard let best = outcome.best else { return }
    status = outcome.pValue.map { OutlierTest.isOutlier(pValue: $0) } == true ? .outlier : .classified
    label = model.labels[best]
    confidence = outcome.probabilities[best]
    probabilities = outcome.probabilities
    anomaly = outcome.anomaly
    pValue = outcome.pValue
  }
}

extension Classification {
  /// The most probable class.
  fileprivate var best: Int? {
    probabilities.indices.max { probabilities[$0] < probabilities[$1] }
  }
}
