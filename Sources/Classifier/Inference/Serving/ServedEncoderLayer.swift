import CKernels

/// A pre-norm Transformer layer; see ``EncoderLayer`` for what is computed.
struct ServedEncoderLayer: Sendable {
  private let attentionName: String
  private let dim: Int
  private let heads: Int
  private let attentionFormat: ck_format
  private let norms: [(name: String, weight: [Float])]
  private let inputProjection: PackedProduct
  private let outputProjection: PackedProduct
  private let gated: PackedProduct
  private let down: PackedProduct

  init(_ index: Int, architecture: Architecture, tensors: ModelTensors, arithmetic: Arithmetic) {
    let name = "layers.\(index)"
    func product(_ weights: DenseWeights, gate: DenseWeights? = nil) -> PackedProduct {
      PackedProduct(weights, gate: gate, input: arithmetic.input(of: weights.name))
    }
    attentionName = "\(name).attn"
    (dim, heads) = (architecture.dim, architecture.heads)
    attentionFormat = arithmetic.attention
    norms = ["\(name).norm1", "\(name).norm2"].map { ($0, tensors.vector("\($0).weight")) }
    inputProjection = product(tensors.linear("\(name).attn.in_proj"))
    outputProjection = product(tensors.linear("\(name).attn.out_proj"))
    gated = product(tensors.linear("\(name).ff.up"), gate: tensors.linear("\(name).ff.gate"))
    down = product(tensors.linear("\(name).ff.down"))
  }

  /// In place on `memory.tokens`.
  func run(_ memory: EncoderMemory, _ pass: ServingPass) {
    let tokens = memory.tokens
    let rows = pass.windows * tokens
    let residual = FloatRows(memory.embedded, window: 0, row: dim)
    normalise(0, memory, for: inputProjection, rows, pass)
    run(inputProjection, memory.normed(inputProjection.input), rows, into: memory.projected.results, pass)
    let context = memory.context(outputProjection.input)
    pass.step(attentionName, multiplyAdds: pass.windows * 2 * tokens * tokens * dim) {
      attend(memory, into: context, pass)
    }
    run(outputProjection, context, rows, residual: residual.base, into: residual.results, pass)
    normalise(1, memory, for: gated, rows, pass)
    let hidden = memory.hidden(down.input)
    run(gated, memory.normed(gated.input), rows, into: hidden.results(), pass)
    run(down, hidden, rows, residual: residual.base, into: residual.results, pass)
  }

  private func run(
    _ product: PackedProduct, _ x: Factor, _ rows: Int, residual: UnsafePointer<Float>? = nil,
    into results: ck_results, _ pass: ServingPass
  ) {
    pass.factors?.see(product.name, x, length: rows, windows: 1)
    pass.step(product.name, multiplyAdds: rows * product.multiplyAdds) {
      product.run(
        x.data, windows: 1, windowBytes: 0, height: rows, rows: (x.rowBytes, 0), activation: CK_IDENTITY,
        residual: residual, into: results)
    }
  }

  private func normalise(
    _ index: Int, _ memory: EncoderMemory, for product: PackedProduct, _ rows: Int, _ pass: ServingPass
  ) {
    pass.step(norms[index].name) {
      var results = memory.normed(product.input).results()
      ck_normalise(&results, memory.embedded, norms[index].weight, rows, dim)
    }
  }

  private func attend(_ memory: EncoderMemory, into context: Factor, _ pass: ServingPass) {
    let (tokens, headDim, row) = (memory.tokens, dim / heads, 3 * dim)
    for window in 0..<pass.windows {
      for head in 0..<heads {
        let queries = memory.projected.base + window * tokens * row + head * headDim
        for part in 0..<2 {
          memory.rotary.apply(Matrix(queries + part * dim, rows: tokens, columns: headDim, stride: row), .forward)
        }
        var task = ck_attention_task(
          format: attentionFormat, queries: queries, keys: queries + dim, values: queries + 2 * dim, row: row,
          tokens: tokens, valid: pass.validTokens[window], dim: headDim, scale: 1 / Float(headDim).squareRoot(),
          dropout: Dropout.none.draws(site: 0), log_sums: nil,
          results: context.part(window: window, column: head * headDim), scratch: memory.scratch)
        ck_attention(&task)
      }
    }
  }

  /// Bytes of scratch for windows of `tokens`.
  func scratchBytes(tokens: Int) -> Int { ck_attention_scratch(attentionFormat, tokens, dim / heads) }
}

/// The Transformer's memory: G windows of T tokens, R = G·T rows.
struct EncoderMemory {
  let tokens: Int
  let embedded: UnsafeMutablePointer<Float>  // [R, D], changed in place from layer to layer
  let projected: FloatRows  // [R, 3D]: q, k, v
  let rotary: RotaryEmbedding
  let scratch: UnsafeMutableRawPointer
  private let dim: Int
  private let feedForward: Int
  private let narrow: UnsafeMutableRawPointer  // [R, D]
  private let wide: UnsafeMutableRawPointer  // [R, D] or [R, F]

  init(arena: inout Arena, architecture: Architecture, tokens: Int, windows: Int, scratchBytes: Int) {
    let rows = windows * tokens
    self.tokens = tokens
    (dim, feedForward) = (architecture.dim, architecture.feedForward)
    embedded = arena.floats(rows * dim)
    projected = FloatRows(arena.floats(rows * 3 * dim), window: 0, row: 3 * dim)
    rotary = RotaryEmbedding(arena: &arena, tokens: tokens, headDim: dim / architecture.heads)
    scratch = UnsafeMutableRawPointer(arena.floats((scratchBytes + 3) / 4))
    narrow = UnsafeMutableRawPointer(arena.floats(rows * (dim + 3)))
    wide = UnsafeMutableRawPointer(arena.floats(rows * (max(dim, feedForward) + 3)))
  }

  /// Tokens after a norm.
  func normed(_ format: FactorFormat) -> Factor { Factor(narrow, format, columns: dim, pitch: tokens) }
  /// What attention gives.
  func context(_ format: FactorFormat) -> Factor { Factor(wide, format, columns: dim, pitch: tokens) }
  /// The feed-forward part's hidden numbers.
  func hidden(_ format: FactorFormat) -> Factor { Factor(wide, format, columns: feedForward, pitch: tokens) }
}
