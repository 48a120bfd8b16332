/// The outputs for B windows.
package struct Predictions: Sendable {
  /// `[B, K]`
  package private(set) var logits: [Float] = []
  /// `[B, D]`
  package private(set) var embeddings: [Float] = []
  private let classes: Int
  private let dim: Int

  package init(_ architecture: Architecture) {
    classes = architecture.classes
    dim = architecture.dim
  }

  /// Forgets every window and keeps the memory.
  mutating func removeAll() {
    logits.removeAll(keepingCapacity: true)
    embeddings.removeAll(keepingCapacity: true)
  }

  /// Adds `count` windows' logits `[count, K]` and embeddings `[count, D]`.
  mutating func append(logits: UnsafePointer<Float>, embeddings: UnsafePointer<Float>, count: Int) {
    self.logits.append(contentsOf: UnsafeBufferPointer(start: logits, count: count * classes))
    self.embeddings.append(contentsOf: UnsafeBufferPointer(start: embeddings, count: count * dim))
  }

  package var count: Int { logits.count / classes }

  /// Logits of window `b`, `[K]`.
  package func logits(_ b: Int) -> ArraySlice<Float> {
    logits[b * classes..<(b + 1) * classes]
  }

  /// Embedding of window `b`, `[D]`.
  package func embedding(_ b: Int) -> ArraySlice<Float> {
    embeddings[b * dim..<(b + 1) * dim]
  }

  /// Softmax of the logits of window `b`, `[K]`.
  package func probabilities(_ b: Int) -> [Float] {
    softmax(logits(b))
  }

  /// The class with the largest logit of window `b`.
  package func label(_ b: Int) -> Int {
    let row = logits(b)
    return row.indices.max { row[$0] < row[$1] }! - row.startIndex
  }
}
