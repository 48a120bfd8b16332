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
    let weights: Matrix  // [B·H·T, T] after softmax, before dropout; serving uses one window and head: [T, T]
    let context: Matrix  // [R, D]
  }

  /// Buffers that all layers share.
  struct Scratch {
    let rotary: RotaryEmbedding
    let dropped: Matrix  // [T, T] attention weights after dropout
    let dWeights: Matrix  // [T, T]
    let dContext: Matrix  // [R, D]
    let dQkv: Matrix  // [R, 3D]
  }

  private var headDim: Int { dim / heads }
  private var scale: Float { 1 / Float(headDim).squareRoot() }

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
        let valid = 0..<validTokens[b]
        let weights = weights(cache, b, h, tokens, pass).columns(valid)
        multiply(q, .plain, k.rows(valid), .transposed, into: weights)
        ck_softmax(weights.base, weights.stride, scale, tokens, valid.count)
        let used = drop(weights, scratch, b, h, site, pass)
        multiply(used, .plain, v.rows(valid), .plain, into: slice(cache.context, b, h, tokens))
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
    _ validCount: Int, _ site: Int, _ pass: Pass
  ) {
    let valid = 0..<validCount
    let (q, k, v) = head(cache.qkv, b, h, tokens)
    let (dq, dk, dv) = head(dQkv, b, h, tokens)
    let dOut = slice(dContext, b, h, tokens)
    let weights = weights(cache, b, h, tokens, pass).columns(valid)
    let used = drop(weights, scratch, b, h, site, pass)
    multiply(used, .transposed, dOut, .plain, into: dv.rows(valid))
    let dWeights = scratch.dWeights.columns(valid)
    multiply(dOut, .plain, v.rows(valid), .transposed, into: dWeights)
    if pass.dropout.isActive {
      pass.dropout.apply(
        scratch.dWeights.base, to: scratch.dWeights.base, count: tokens * tokens, site: headSite(site, b, h))
    }
    ck_softmax_backward(dWeights.base, weights.base, weights.stride, scale, tokens, validCount)
    multiply(dWeights, .plain, k.rows(valid), .plain, into: dq)
    multiply(dWeights, .transposed, q, .plain, into: dk.rows(valid))
    scratch.rotary.apply(dq, .inverse)
    scratch.rotary.apply(dk, .inverse)
  }

  /// Attention weights with dropout, in `scratch.dropped`, or as they are when it is off.
  private func drop(_ weights: Matrix, _ scratch: Scratch, _ b: Int, _ h: Int, _ site: Int, _ pass: Pass) -> Matrix {
    guard pass.dropout.isActive else { return weights }
    pass.dropout.apply(
      weights.base, to: scratch.dropped.base, count: weights.rows * weights.stride, site: headSite(site, b, h))
    return scratch.dropped.columns(0..<weights.columns)
  }

  private func headSite(_ site: Int, _ b: Int, _ h: Int) -> Int { (site << 32) + b * heads + h }

  private func weights(_ cache: Cache, _ b: Int, _ h: Int, _ tokens: Int, _ pass: Pass) -> Matrix {
    let index = pass.isTraining ? b * heads + h : 0
    return cache.weights.rows(index * tokens..<(index + 1) * tokens)
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
