import Dispatch

/// Runs a model over a whole set on several threads.
package struct BatchEvaluation: Sendable {
  /// `[N, K]`
  package let logits: [Float]
  /// `[N, D]`
  package let embeddings: [Float]
  /// The class with the largest logit, `[N]`.
  package let predicted: [Int]

  /// Windows per batch.
  private static let batch = 16

  package init(_ model: Model, _ set: LabelledWindows, threads: Int) {
    let count = set.count
    let (classes, dim) = (model.architecture.classes, model.architecture.dim)
    var logits = [Float](repeating: 0, count: count * classes)
    var embeddings = [Float](repeating: 0, count: count * dim)
    let batches = (count + Self.batch - 1) / Self.batch
    logits.withUnsafeMutableBufferPointer { logits in
      embeddings.withUnsafeMutableBufferPointer { embeddings in
        // Each batch's rows are written by the one thread that runs it.
        nonisolated(unsafe) let (logits, embeddings) = (logits, embeddings)
        let threads = max(1, min(threads, batches))
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
          let predictor = Predictor(model: model, maximumBatch: Self.batch, window: set.windowSamples)
          for index in stride(from: thread, to: batches, by: threads) {
            let windows = index * Self.batch..<min((index + 1) * Self.batch, count)
            let predictions = predictor.predict(set, windows)
            _ = logits[(windows.lowerBound * classes)...].update(fromContentsOf: predictions.logits)
            _ = embeddings[(windows.lowerBound * dim)...].update(fromContentsOf: predictions.embeddings)
          }
        }
      }
    }
    self.logits = logits
    self.embeddings = embeddings
    predicted = (0..<count).map { n in
      let row = logits[n * classes..<(n + 1) * classes]
      return row.indices.max { row[$0] < row[$1] }! - row.startIndex
    }
  }

  /// Logits of window `n`, `[K]`.
  package func logits(_ n: Int) -> ArraySlice<Float> { row(logits, n) }

  /// Embedding of window `n`, `[D]`.
  package func embedding(_ n: Int) -> ArraySlice<Float> { row(embeddings, n) }

  /// Softmax of the logits of window `n`, `[K]`.
  package func probabilities(_ n: Int) -> [Float] { softmax(logits(n)) }

  private func row(_ matrix: [Float], _ n: Int) -> ArraySlice<Float> {
    let width = matrix.count / predicted.count
    return matrix[n * width..<(n + 1) * width]
  }

  /// Mean loss over the set, as training averages it.
  package func loss(_ loss: Loss, _ set: LabelledWindows) -> Double {
    var (sum, weight) = (0.0, 0.0)
    for (n, label) in set.labels.enumerated() {
      sum += loss.value(logits(n), label: label)
      weight += loss.weight(label)
    }
    return sum / weight
  }
}
