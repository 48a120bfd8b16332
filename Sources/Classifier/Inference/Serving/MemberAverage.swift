import Glibc

/// The answer of an ensemble's members to the windows of a pass: the logarithms of their mean probabilities take the
/// logits' place, so that softmax gives the mean, and their mean embedding the embedding's.
struct MemberAverage {
  private let classes: Int
  private let dim: Int
  private let members: Int
  /// The logarithms of the sums of probabilities, `[G, K]`.
  private var logSums: [Double]
  /// `[G, D]`
  private var embeddings: [Float]

  init(_ model: Model, windows: Int) {
    (classes, dim, members) = (model.architecture.classes, model.architecture.dim, model.memberCount)
    logSums = Array(repeating: 0, count: windows * classes)
    embeddings = Array(repeating: 0, count: windows * dim)
  }

  /// Takes the first member's answers to `windows` windows.
  mutating func begin(_ memory: ServingMemory, _ windows: Int) {
    for window in 0..<windows {
      forEachLogProbability(memory, window) { $0[$1] = $2 }
    }
    for i in 0..<windows * dim { embeddings[i] = memory.embedding[i] }
  }

  /// Adds another member's.
  mutating func add(_ memory: ServingMemory, _ windows: Int) {
    for window in 0..<windows {
      forEachLogProbability(memory, window) { sums, i, logProbability in
        sums[i] = max(sums[i], logProbability) + log1p(exp(-abs(sums[i] - logProbability)))
      }
    }
    for i in 0..<windows * dim { embeddings[i] += memory.embedding[i] }
  }

  private mutating func forEachLogProbability(
    _ memory: ServingMemory, _ window: Int, _ body: (_ sums: inout [Double], _ index: Int, Double) -> Void
  ) {
    let row = UnsafeBufferPointer(start: memory.logits + window * classes, count: classes)
    let logSum = logSum(row)
    for k in 0..<classes { body(&logSums, window * classes + k, Double(row[k]) - logSum) }
  }

  /// Leaves the average in the memory.
  func end(_ memory: ServingMemory, _ windows: Int) {
    for i in 0..<windows * classes { memory.logits[i] = Float(logSums[i] - log(Double(members))) }
    for i in 0..<windows * dim { memory.embedding[i] = embeddings[i] / Float(members) }
  }
}
