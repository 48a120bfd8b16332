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
    let logSums: UnsafeMutablePointer<Float>  // [B·H·T] logarithms of the softmaxes' sums, of the whole batch
    let context: Matrix  // [R, D]

    /// A group's part.
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

  /// `x [R, D]` → `y [R, D]`, added to `y` when accumulating: a group's rows. Padding among the keys takes no part.
  func forward(
    _ x: Matrix, into y: Matrix, accumulate: Bool, _ cache: Cache, _ scratch: Scratch, _ group: TokenGroup, site: Int,
    _ pass: Pass
  ) {
    input.forward(x, into: cache.qkv, pass)
    for place in places(group) {
      let (q, k, v) = head(cache.qkv, place)
      scratch.rotary.apply(q, .forward)
      scratch.rotary.apply(k, .forward)
      let context = slice(cache.context, place)
      var task = ck_attention_task(
        format: pass.products.weights.format, queries: q.base, keys: k.base, values: v.base, row: q.stride,
        tokens: group.tokens, valid: place.valid, dim: headDim, scale: scale, dropout: draws(site, place, pass),
        log_sums: logSums(cache, place),
        results: ck_results(values: context.base, window: 0, row: context.stride, operand: ck_operand()),
        scratch: pass.products.scratch)
      ck_attention(&task)
    }
    output.forward(cache.context, into: y, accumulate: accumulate, pass)
  }

  /// From `dy` to `dx` (put in place), a group's rows.
  func backward(
    _ x: Matrix, dx: Matrix, dy: Matrix, _ cache: Cache, _ scratch: Scratch, _ group: TokenGroup, site: Int,
    _ pass: Pass
  ) {
    let dContext = scratch.dContext.rows(0..<x.rows)
    let dQkv = scratch.dQkv.rows(0..<x.rows)
    output.backward(cache.context, dx: dContext, dy: dy, pass)
    dQkv.fill(0)
    for place in places(group) {
      backwardHead(place, dContext: dContext, dQkv: dQkv, cache, scratch, site, pass)
    }
    input.backward(x, dx: dx, dy: dQkv, pass)
  }

  /// One head of one window.
  private struct Place {
    /// In the batch.
    let window: Int
    let head: Int
    /// The window's rows in the group's.
    let rows: Range<Int>
    /// Tokens that are not padding.
    let valid: Int
  }

  private func places(_ group: TokenGroup) -> [Place] {
    group.windows.enumerated().flatMap { i, window in
      (0..<heads).map { head in
        Place(
          window: window, head: head, rows: i * group.tokens..<(i + 1) * group.tokens, valid: group.valid[window])
      }
    }
  }

  private func backwardHead(
    _ place: Place, dContext: Matrix, dQkv: Matrix, _ cache: Cache, _ scratch: Scratch, _ site: Int, _ pass: Pass
  ) {
    let (q, k, v) = head(cache.qkv, place)
    let (dq, dk, dv) = head(dQkv, place)
    let (context, dOut) = (slice(cache.context, place), slice(dContext, place))
    var task = ck_attention_gradient_task(
      queries: q.base, keys: k.base, values: v.base, context: context.base, d_context: dOut.base, d_queries: dq.base,
      d_keys: dk.base, d_values: dv.base, row: q.stride, context_row: context.stride, tokens: place.rows.count,
      valid: place.valid, dim: headDim, scale: scale, dropout: draws(site, place, pass),
      log_sums: logSums(cache, place), scratch: pass.products.scratch)
    ck_attention_gradient(&task)
    scratch.rotary.apply(dq, .inverse)
    scratch.rotary.apply(dk, .inverse)
  }

  /// Dropout of the attention weights.
  private func draws(_ site: Int, _ place: Place, _ pass: Pass) -> ck_dropout_rate {
    pass.dropout.draws(site: (site << 32) + place.window * heads + place.head)
  }

  private func logSums(_ cache: Cache, _ place: Place) -> UnsafeMutablePointer<Float> {
    cache.logSums + (place.window * heads + place.head) * place.rows.count
  }

  /// A head's q, k and v, `[T, d]` each.
  private func head(_ qkv: Matrix, _ place: Place) -> (q: Matrix, k: Matrix, v: Matrix) {
    let window = qkv.rows(place.rows)
    func part(_ index: Int) -> Matrix {
      let start = index * dim + place.head * headDim
      return window.columns(start..<start + headDim)
    }
    return (part(0), part(1), part(2))
  }

  private func slice(_ context: Matrix, _ place: Place) -> Matrix {
    context.rows(place.rows).columns(place.head * headDim..<(place.head + 1) * headDim)
  }
}
