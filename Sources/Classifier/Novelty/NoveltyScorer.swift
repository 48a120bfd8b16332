/// Scores embeddings against a model's ``NoveltyStatistics``.
package struct NoveltyScorer: Sendable {
  private let dim: Int
  private let whitenedMeans: [Float]  // [classes seen, D]: W · mean
  private let whitening: [Float]
  private let calibration: [Float]

  /// nil when the model carries no statistics.
  package init?(model: Model) {
    guard let statistics = model.novelty else { return nil }
    self.init(statistics)
  }

  init(_ statistics: NoveltyStatistics) {
    dim = statistics.dim
    whitening = statistics.whitening.values
    calibration = statistics.calibration.values
    let means = statistics.means.values
    whitenedMeans = stride(from: 0, to: means.count, by: dim).flatMap { start in
      [Float](unsafeUninitializedCapacity: statistics.dim) { whitened, count in
        let row = UnsafeMutableBufferPointer(rebasing: whitened[..<statistics.dim])
        Self.whiten(means[start..<start + statistics.dim], statistics.whitening.values, into: row)
        count = statistics.dim
      }
    }
  }

  /// The score of one embedding `[D]` (about 1 for windows like the training data) and its p-value in 0 < p ≤ 1.
  package func score(embedding: ArraySlice<Float>) -> (distance: Float, pValue: Float) {
    let distance = distance(embedding)
    return (distance, pValue(distance))
  }

  func distance(_ embedding: ArraySlice<Float>) -> Float {
    precondition(embedding.count == dim)
    // On the stack: a score is asked for each window.
    return withUnsafeTemporaryAllocation(of: Float.self, capacity: dim) { whitened in
      Self.whiten(embedding, whitening, into: whitened)
      var nearest = Float.infinity
      for start in stride(from: 0, to: whitenedMeans.count, by: dim) {
        var sum: Float = 0
        for i in 0..<dim {
          let difference = whitened[i] - whitenedMeans[start + i]
          sum += difference * difference
        }
        nearest = min(nearest, sum)
      }
      return (nearest / Float(dim)).squareRoot()
    }
  }

  /// (1 + held-out scores at least as high) / (1 + held-out scores).
  private func pValue(_ distance: Float) -> Float {
    var (low, high) = (0, calibration.count)
    while low < high {
      let middle = (low + high) / 2
      if calibration[middle] < distance { low = middle + 1 } else { high = middle }
    }
    return Float(1 + calibration.count - low) / Float(1 + calibration.count)
  }

  /// W · embedding; `whitened` [D] need not be initialised.
  private static func whiten(
    _ embedding: ArraySlice<Float>, _ whitening: [Float], into whitened: UnsafeMutableBufferPointer<Float>
  ) {
    let dim = whitened.count
    for row in 0..<dim {
      var sum: Float = 0
      for column in 0...row {  // lower triangular
        sum += whitening[row * dim + column] * embedding[embedding.startIndex + column]
      }
      whitened.initializeElement(at: row, to: sum)
    }
  }
}
