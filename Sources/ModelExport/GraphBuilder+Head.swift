import Classifier

/// From tokens `[B, T, D]` to the graph's outputs.
extension GraphBuilder {
  /// Attention pooling: the embedding `[B, D]`.
  mutating func pooled(_ tokens: Value, output: String) -> Value {
    let sums = (0..<Architecture.poolingHeads).map { pooledByHead(tokens, "pool.heads.\($0)") }
    return gemm(node("Concat", sums, "pool.sums", .integer("axis", -1)), "pool.fusion", output: output)
  }

  private mutating func pooledByHead(_ tokens: Value, _ name: String) -> Value {
    let hidden = mish(linear(tokens, "\(name).hidden"), "\(name).mish")
    let weights = node("Softmax", [linear(hidden, "\(name).score")], "\(name).weights", .integer("axis", 1))
    let row = node("Transpose", [weights], "\(name).row", .integers("perm", [0, 2, 1]))  // [B, 1, T]
    let sum = node("MatMul", [row, tokens], "\(name).sum")
    return node("Squeeze", [sum, indices("axis.1", [1])], name)
  }

  /// The classification head: logits `[B, K]`.
  mutating func classified(_ embedding: Value, output: String) -> Value {
    let hidden = rmsNorm(gemm(embedding, "head.hidden"), "head.norm")
    return gemm(mish(hidden, "head.mish"), "head.out", output: output)
  }
}
