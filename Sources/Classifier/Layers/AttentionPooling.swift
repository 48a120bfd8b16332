import CKernels

/// Multi-head attention pooling: each head scores the tokens with a small network, a softmax over the valid tokens
/// weighs them, the heads' weighted sums side by side are fused to the embedding `z [B, D]`.
///
///     score = score(mish(hidden(x)));  z = fusion(‖ₕ Σₜ softmax(score)ₜ · xₜ)
struct AttentionPooling {
  private let dim: Int
  private let heads: [Head]
  private let fusion: Linear

  private struct Head {
    let hidden: Linear
    let score: Linear
  }

  init(_ name: String, dim: Int, layout: inout ParameterLayout) {
    self.dim = dim
    var built: [Head] = []
    for h in 0..<Architecture.poolingHeads {
      let hidden = Linear("\(name).heads.\(h).hidden", inputs: dim, outputs: dim / 2, layout: &layout)
      let score = Linear("\(name).heads.\(h).score", inputs: dim / 2, outputs: 1, layout: &layout)
      built.append(Head(hidden: hidden, score: score))
    }
    heads = built
    fusion = Linear("\(name).fusion", inputs: Architecture.poolingHeads * dim, outputs: dim, layout: &layout)
  }

  /// Activations; R = B·T rows.
  struct Cache {
    let products: [Matrix]  // [R, D/2] per head, before bias and mish
    let hidden: [Matrix]  // [R, D/2] per head
    let weights: [Matrix]  // [R, 1] per head, softmax over each window's valid tokens, else 0
    let sums: Matrix  // [B, 4D]

    init(arena: inout Arena, batch: Int, tokens: Int, dim: Int) {
      var products: [Matrix] = []
      var hidden: [Matrix] = []
      var weights: [Matrix] = []
      for _ in 0..<Architecture.poolingHeads {
        products.append(arena.matrix(batch * tokens, dim / 2))
        hidden.append(arena.matrix(batch * tokens, dim / 2))
        weights.append(arena.matrix(batch * tokens, 1))
      }
      self.products = products
      self.hidden = hidden
      self.weights = weights
      sums = arena.matrix(batch, Architecture.poolingHeads * dim)
    }
  }

  struct Scratch {
    let dHidden: Matrix  // [R, D/2]
    let dWeights: Matrix  // [R, 1]
    let dSums: Matrix  // [B, 4D]

    init(arena: inout Arena, batch: Int, tokens: Int, dim: Int) {
      dHidden = arena.matrix(batch * tokens, dim / 2)
      dWeights = arena.matrix(batch * tokens, 1)
      dSums = arena.matrix(batch, Architecture.poolingHeads * dim)
    }
  }

  /// `x [R, D]` → `z [B, D]`.
  func forward(_ x: Matrix, into z: Matrix, _ cache: Cache, _ constants: Constants, validTokens: [Int], _ pass: Pass) {
    let (rows, tokens) = (0..<x.rows, x.rows / pass.batch)
    for (h, head) in heads.enumerated() {
      let hidden = cache.hidden[h].rows(rows)
      let weights = cache.weights[h].rows(rows)
      head.hidden.forwardMish(x, y: cache.products[h].rows(rows), h: hidden, ones: constants.ones, pass)
      head.score.forward(hidden, into: weights, pass)
      for b in 0..<pass.batch {
        let window = weights.rows(b * tokens..<(b + 1) * tokens)
        let valid = validTokens[b]
        ck_softmax(window.base, tokens, 1, 1, valid)
        (window.base + valid).update(repeating: 0, count: tokens - valid)
        multiply(
          window, .transposed, x.rows(b * tokens..<(b + 1) * tokens), .plain,
          into: sum(cache.sums, b, h))
      }
    }
    fusion.forward(cache.sums.rows(0..<pass.batch), into: z, pass)
  }

  /// From `dz [B, D]` to `dx [R, D]` (put in place).
  func backward(
    _ x: Matrix, dx: Matrix, dz: Matrix, _ cache: Cache, _ scratch: Scratch, _ constants: Constants,
    validTokens: [Int], _ pass: Pass
  ) {
    let (rows, tokens) = (0..<x.rows, x.rows / pass.batch)
    fusion.backward(cache.sums.rows(0..<pass.batch), dx: scratch.dSums.rows(0..<pass.batch), dy: dz, pass)
    dx.fill(0)
    for (h, head) in heads.enumerated() {
      let dWeights = scratch.dWeights.rows(rows)
      let dHidden = scratch.dHidden.rows(rows)
      for b in 0..<pass.batch {
        let window = b * tokens..<(b + 1) * tokens
        let weights = cache.weights[h].rows(window)
        let dSum = sum(scratch.dSums, b, h)
        let dWindow = dWeights.rows(window)
        multiply(x.rows(window), .plain, dSum, .transposed, into: dWindow)
        multiply(weights, .plain, dSum, .plain, into: dx.rows(window), accumulate: true)
        // Weights beyond the valid tokens are 0, and so become their gradients.
        ck_softmax_backward(dWindow.base, weights.base, tokens, 1, 1, tokens)
      }
      head.score.backward(cache.hidden[h].rows(rows), dx: dHidden, dy: dWeights, pass)
      head.hidden.backwardMish(
        x, y: cache.products[h].rows(rows), dx: dx, dh: dHidden, accumulate: true, scratch: constants, pass)
    }
  }

  /// Head h's weighted sum of window b, `[1, D]`.
  private func sum(_ sums: Matrix, _ b: Int, _ h: Int) -> Matrix {
    sums.rows(b..<b + 1).columns(h * dim..<(h + 1) * dim)
  }
}
