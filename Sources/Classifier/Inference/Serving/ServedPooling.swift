import CKernels

/// Multi-head attention pooling; see ``AttentionPooling`` for what is computed. The heads' hidden layers are one product.
struct ServedPooling: Sendable {
  private let dim: Int
  private let hidden: PackedProduct
  private let scores: [(weight: [Float], bias: Float)]
  private let fusion: PackedProduct

  init(architecture: Architecture, tensors: ModelTensors, arithmetic: Arithmetic) {
    dim = architecture.dim
    let heads = (0..<Architecture.poolingHeads).map { "pool.heads.\($0)" }
    let weights = DenseWeights.joined("pool.heads.hidden", heads.map { tensors.linear("\($0).hidden") })
    hidden = PackedProduct(weights, input: arithmetic.input(of: weights.name))
    scores = heads.map { (tensors.vector("\($0).score.weight"), tensors.vector("\($0).score.bias")[0]) }
    fusion = PackedProduct(tensors.linear("pool.fusion"), input: .float32)
  }

  /// How the pooling wants the tokens, beside float32.
  var input: FactorFormat { hidden.input }

  /// G windows of T tokens.
  struct Memory {
    let hidden: UnsafeMutablePointer<Float>  // [G·T, 4·D/2]
    let weights: UnsafeMutablePointer<Float>  // [T]
    let sums: UnsafeMutablePointer<Float>  // [G, 4D]

    init(arena: inout Arena, dim: Int, tokens: Int, windows: Int) {
      hidden = arena.floats(windows * tokens * Architecture.poolingHeads * (dim / 2))
      weights = arena.floats(tokens)
      sums = arena.floats(windows * Architecture.poolingHeads * dim)
    }
  }

  /// `x` in the format of ``input`` and `tokens` `[G·T, D]` → `embedding [G, D]`.
  func run(
    _ x: Factor, tokens: UnsafePointer<Float>, count: Int, into embedding: UnsafeMutablePointer<Float>, _ memory: Memory,
    _ pass: ServingPass
  ) {
    let rows = pass.windows * count
    pass.factors?.see(hidden.name, x, length: rows, windows: 1)
    pass.step(hidden.name, multiplyAdds: rows * hidden.multiplyAdds) {
      hidden.run(
        x.data, windows: 1, windowBytes: 0, height: rows, rows: (x.rowBytes, 0), activation: CK_MISH,
        into: FloatRows(memory.hidden, window: 0, row: hidden.columns).results)
    }
    pass.step("pool", multiplyAdds: pass.windows * fusion.multiplyAdds) {
      for window in 0..<pass.windows {
        for head in scores.indices {
          weigh(window, head, tokens + window * count * dim, count, memory, valid: pass.validTokens[window])
        }
      }
      fusion.run(
        memory.sums, windows: 1, windowBytes: 0, height: pass.windows, rows: (scores.count * dim * 4, 0),
        activation: CK_IDENTITY, into: FloatRows(embedding, window: 0, row: dim).results)
    }
  }

  /// One head's weighted sum of a window's tokens.
  private func weigh(
    _ window: Int, _ head: Int, _ tokens: UnsafePointer<Float>, _ count: Int, _ memory: Memory, valid: Int
  ) {
    let hidden = memory.hidden + window * count * self.hidden.columns + head * (dim / 2)
    ck_score(
      memory.weights, hidden, self.hidden.columns, scores[head].weight, scores[head].bias, valid, dim / 2)
    ck_softmax(memory.weights, valid, 1, 1, valid)
    ck_weighted_sum(memory.sums + (window * scores.count + head) * dim, memory.weights, tokens, valid, dim)
  }
}
