import CKernels

/// Multi-head self-attention (Vaswani et al. 2017) with rotary embedding; keys that are padding are masked.
struct Attention {
  private let dim: Int
  private let heads: Int
  private let input: Linear
  private let output: Linear

  init(_ name: String, dim: Int, heads: Int, layout: inout ParameterLayout) {
    self.dim = dim
    self.heads = heads
    input = Linear("\(name).in_proj", inputs: dim, outputs: 3 * dim, layout: &layout)
    output = Linear("\(name).out_proj", inputs: dim, outputs: dim, layout: &layout)
  }

  /// Activations; R = B·T rows.
  struct Cache {
    let qkv: Matrix  // [R, 3D], q and k turned
    let logSums: UnsafeMutablePointer<Float>  // [B·H·T] logarithms of the softmaxes' sums
    let context: Matrix  // [R, D]

    /// The part of a smaller batch.
    func rows(_ range: Range<Int>) -> Cache {
      Cache(qkv: qkv.rows(range), logSums: logSums, context: context.rows(range))
    }
  }

  /// Buffers that all layers share.
  struct Scratch {
    let rotary: RotaryEmbedding
    let dContext: Matrix  // [R, D]
    let dQkv: Matrix  // [R, 3D]
  }

  private var headDim: Int { dim / heads }
  private var scale: Float { 1 / Float(headDim).squareRoot() }

  /// Bytes of scratch for windows of `tokens` tokens.
  static func scratchBytes(tokens: Int, headDim: Int) -> Int {
    max(ck_attention_scratch(CK_FLOAT32, tokens, headDim), ck_attention_gradient_scratch(tokens, headDim))
  }

  /// `x [R, D]` → `y [R, D]`, added to `y` when accumulating. `validTokens[b]` keys of window b take part.
  func forward(
    _ x: Matrix, into y: Matrix, accumulate: Bool, _ cache: Cache, _ scratch: Scratch, validTokens: [Int], site: Int,
    _ pass: Pass
  ) {
    let tokens = x.rows / pass.batch
    input.forward(x, into: cache.qkv, pass)
    for b in 0..<pass.batch {
      for h in 0..<heads {
        let (q, k, v) = head(cache.qkv, b, h, tokens)
        scratch.rotary.apply(q, .forward)
        scratch.rotary.apply(k, .forward)
        let context = slice(cache.context, b, h, tokens)
        var task = ck_attention_task(
          format: pass.products.weights.format, queries: q.base, keys: k.base, values: v.base, row: q.stride,
          tokens: tokens, valid: validTokens[b], dim: headDim, scale: scale, dropout: draws(site, b, h, pass),
          log_sums: logSums(cache, b, h, tokens),
          results: ck_results(values: context.base, window: 0, row: context.stride, operand: ck_operand()),
          scratch: pass.products.scratch)
        ck_attention(&task)
      }
    }
    output.forward(cache.context, into: y, accumulate: accumulate, pass)
  }

  /// From `dy` to `dx` (put in place). Rows of `scratch.dQkv` are overwritten.
  func backward(
    _ x: Matrix, dx: Matrix, dy: Matrix, _ cache: Cache, _ scratch: Scratch, validTokens: [Int], site: Int,
    _ pass: Pass
  ) {
    let tokens = x.rows / pass.batch
    let dContext = scratch.dContext.rows(0..<x.rows)
    let dQkv = scratch.dQkv.rows(0..<x.rows)
    output.backward(cache.context, dx: dContext, dy: dy, pass)
    dQkv.fill(0)
    for b in 0..<pass.batch {
      for h in 0..<heads {
        backwardHead(b, h, tokens, dContext: dContext, dQkv: dQkv, cache, scratch, validTokens[b], site, pass)
      }
    }
    input.backward(x, dx: dx, dy: dQkv, pass)
  }

  private func backwardHead(
    _ b: Int, _ h: Int, _ tokens: Int, dContext: Matrix, dQkv: Matrix, _ cache: Cache, _ scratch: Scratch,
    _ valid: Int, _ site: Int, _ pass: Pass
  ) {
    let (q, k, v) = head(cache.qkv, b, h, tokens)
    let (dq, dk, dv) = head(dQkv, b, h, tokens)
    let (context, dOut) = (slice(cache.context, b, h, tokens), slice(dContext, b, h, tokens))
    var task = ck_attention_gradient_task(
      queries: q.base, keys: k.base, values: v.base, context: context.base, d_context: dOut.base, d_queries: dq.base,
      d_keys: dk.base, d_values: dv.base, row: q.stride, context_row: context.stride, tokens: tokens, valid: valid,
      dim: headDim, scale: scale, dropout: draws(site, b, h, pass), log_sums: logSums(cache, b, h, tokens),
      scratch: pass.products.scratch)
    ck_attention_gradient(&task)
    scratch.rotary.apply(dq, .inverse)
    scratch.rotary.apply(dk, .inverse)
  }

  /// Dropout of the attention weights of window b's head h.
  private func draws(_ site: Int, _ b: Int, _ h: Int, _ pass: Pass) -> ck_dropout_rate {
    pass.dropout.draws(site: (site << 32) + b * heads + h)
  }

  private func logSums(_ cache: Cache, _ b: Int, _ h: Int, _ tokens: Int) -> UnsafeMutablePointer<Float> {
    cache.logSums + (b * heads + h) * tokens
  }

  /// Window b's and head h's q, k and v, `[T, d]` each.
  private func head(_ qkv: Matrix, _ b: Int, _ h: Int, _ tokens: Int) -> (q: Matrix, k: Matrix, v: Matrix) {
    let window = qkv.rows(b * tokens..<(b + 1) * tokens)
    func part(_ index: Int) -> Matrix {
      let start = index * dim + h * headDim
      return window.columns(start..<start + headDim)
    }
    return (part(0), part(1), part(2))
  }

  private func slice(_ context: Matrix, _ b: Int, _ h: Int, _ tokens: Int) -> Matrix {
    context.rows(b * tokens..<(b + 1) * tokens).columns(h * headDim..<(h + 1) * headDim)
  }
}
