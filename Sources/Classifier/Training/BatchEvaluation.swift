import Dispatch

/// Runs a model over a whole set on several threads.
package struct BatchEvaluation: Sendable {
  /// `[N, K]`
  package let logits: [Float]
  /// `[N, D]`
  package let embeddings: [Float]
  /// The class with the largest logit, `[N]`.
  package let predicted: [Int]

  /// In float32.
  package init(_ model: Model, _ set: LabelledWindows, threads: Int, group: any TrainingGroup = SingleProcess()) {
    self.init(PackedModel(model), set, threads: threads, group: group)
  }

  /// - Parameter group: each rank runs its share of the windows; all get all results.
  package init(
    _ model: PackedModel, _ set: LabelledWindows, threads: Int, group: any TrainingGroup = SingleProcess()
  ) {
    let count = set.count
    let (classes, dim) = (model.model.architecture.classes, model.model.architecture.dim)
    var logits = [Float](repeating: 0, count: count * classes)
    var embeddings = [Float](repeating: 0, count: count * dim)
    logits.withUnsafeMutableBufferPointer { logits in
      embeddings.withUnsafeMutableBufferPointer { embeddings in
        // Each window's rows are written by the one thread that runs it.
        nonisolated(unsafe) let (logits, embeddings) = (logits, embeddings)
        let share = group.share(of: count)
        let threads = min(threads, share.count)
        DispatchQueue.concurrentPerform(iterations: threads) { thread in
          let predictor = Predictor(model, window: set.windowSamples)
          let first = share.lowerBound + thread * Self.windowsAtOnce
          for start in stride(from: first, to: share.upperBound, by: threads * Self.windowsAtOnce) {
            let predictions = predictor.predict(set, start..<min(start + Self.windowsAtOnce, share.upperBound))
            _ = logits[(start * classes)...].update(fromContentsOf: predictions.logits)
            _ = embeddings[(start * dim)...].update(fromContentsOf: predictions.embeddings)
          }
        }
        let shares = group.shares(of: count)
        group.gather(logits, shares.map { $0.lowerBound * classes..<$0.upperBound * classes })
        group.gather(embeddings, shares.map { $0.lowerBound * dim..<$0.upperBound * dim })
      }
    }
    self.logits = logits
    self.embeddings = embeddings
    predicted = (0..<count).map { n in
      let row = logits[n * classes..<(n + 1) * classes]
      return row.indices.max { row[$0] < row[$1] }! - row.startIndex
    }
  }

  /// Windows that a thread takes at a time.
  private static let windowsAtOnce = 16

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
    // Of classes without training windows, which balanced weights leave out, nothing is known.
    return weight > 0 ? sum / weight : 0
  }
}
