import CKernels

/// The classification head; see ``Head`` for what is computed. Always float32.
struct ServedHead: Sendable {
  private let hidden: PackedProduct
  private let norm: [Float]
  private let out: PackedProduct

  init(tensors: ModelTensors) {
    hidden = PackedProduct(tensors.linear("head.hidden"), input: .float32)
    norm = tensors.vector("head.norm.weight")
    out = PackedProduct(tensors.linear("head.out"), input: .float32)
  }

  /// G windows.
  struct Memory {
    let hidden: UnsafeMutablePointer<Float>  // [G, D/2]
    let constants: Constants

    init(arena: inout Arena, dim: Int, windows: Int) {
      hidden = arena.floats(windows * (dim / 2))
      constants = Constants(arena: &arena, width: dim / 2)
    }
  }

  /// `embedding [G, D]` → `logits [G, K]`.
  func run(
    _ embedding: UnsafePointer<Float>, into logits: UnsafeMutablePointer<Float>, _ memory: Memory, _ pass: ServingPass
  ) {
    let (windows, half) = (pass.windows, hidden.columns)
    pass.step("head", multiplyAdds: windows * (hidden.multiplyAdds + out.multiplyAdds)) {
      run(hidden, embedding, into: memory.hidden, windows)
      var results = FloatRows(memory.hidden, window: 0, row: half).results
      ck_normalise(&results, memory.hidden, norm, windows, half)
      ck_affine_mish(
        memory.hidden, memory.hidden, memory.constants.ones, memory.constants.zeros, nil, windows, half)
      run(out, memory.hidden, into: logits, windows)
    }
  }

  private func run(
    _ product: PackedProduct, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, _ windows: Int
  ) {
    product.run(
      x, windows: 1, windowBytes: 0, height: windows, rows: (product.width * 4, 0), activation: CK_IDENTITY,
      into: FloatRows(y, window: 0, row: product.columns).results)
  }
}
