/// What a forward and backward pass over one batch is given, beside the activations.
struct Pass {
  /// Weights and running statistics.
  let parameters: ParameterView
  /// The weights as factors of products, packed from `parameters`, and memory to form products in.
  let products: Products
  /// Where gradients add up, and where the batch's BatchNorm statistics are left.
  let gradients: ParameterView
  /// Windows B in this batch.
  let batch: Int
  var dropout = Dropout.none

  /// The batch's windows, at most `count` at once.
  func windows(atOnce count: Int) -> [Range<Int>] {
    stride(from: 0, to: batch, by: count).map { $0..<min($0 + count, batch) }
  }
}
