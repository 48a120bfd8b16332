import CKernels

/// A pre-norm Transformer layer: `x += attention(norm1(x)); x += feedForward(norm2(x))`.
struct EncoderLayer {
  private let norm1: RMSNorm
  private let attention: Attention
  private let norm2: RMSNorm
  private let feedForward: FeedForward
  private let index: Int

  init(_ index: Int, architecture: Architecture, layout: inout ParameterLayout) {
    let name = "layers.\(index)"
    let dim = architecture.dim
    self.index = index
    norm1 = RMSNorm("\(name).norm1", dim: dim, layout: &layout)
    attention = Attention("\(name).attn", dim: dim, heads: architecture.heads, layout: &layout)
    norm2 = RMSNorm("\(name).norm2", dim: dim, layout: &layout)
    feedForward = FeedForward("\(name).ff", dim: dim, width: architecture.feedForward, layout: &layout)
  }

  /// Activations; R = B·T rows.
  struct Cache {
    let normed1: Matrix  // [R, D]
    let inverse1: UnsafeMutablePointer<Float>  // [R]
    let attention: Attention.Cache
    let middle: Matrix  // [R, D]: x after attention
    let normed2: Matrix  // [R, D]
    let inverse2: UnsafeMutablePointer<Float>  // [R]
    let feedForward: FeedForward.Cache
    let out: Matrix  // [R, D]

    init(_ architecture: Architecture, arena: inout Arena, batch: Int, tokens: Int, out: Matrix) {
      let (rows, dim) = (batch * tokens, architecture.dim)
      normed1 = arena.matrix(rows, dim)
      inverse1 = arena.floats(rows)
      attention = Attention.Cache(
        qkv: arena.matrix(rows, 3 * dim),
        logSums: arena.floats(batch * architecture.heads * tokens),
        context: arena.matrix(rows, dim))
      middle = arena.matrix(rows, dim)
      normed2 = arena.matrix(rows, dim)
      inverse2 = arena.floats(rows)
      feedForward = FeedForward.Cache(arena: &arena, rows: rows, width: architecture.feedForward)
      self.out = out
    }
  }

  /// Buffers that all layers share; R rows of a group.
  struct Scratch {
    let attention: Attention.Scratch
    let feedForward: FeedForward.Cache
    let dBranch: Matrix  // [R, D] gradient by a branch's output
    let dNormed: Matrix  // [R, D] gradient by a norm's output

    init(_ architecture: Architecture, arena: inout Arena, batch: Int, tokens: Int) {
      let (rows, dim) = (TokenGroup.mostRows(batch: batch, tokens: tokens), architecture.dim)
      attention = Attention.Scratch(
        rotary: RotaryEmbedding(arena: &arena, tokens: tokens, headDim: dim / architecture.heads),
        dContext: arena.matrix(rows, dim), dQkv: arena.matrix(rows, 3 * dim))
      feedForward = FeedForward.Cache(arena: &arena, rows: rows, width: architecture.feedForward)
      dBranch = arena.matrix(rows, dim)
      dNormed = arena.matrix(rows, dim)
    }
  }

  /// `x [R, D]` → `cache.out [R, D]`, the group's rows.
  func forward(_ x: Matrix, _ cache: Cache, _ scratch: Scratch, _ group: TokenGroup, _ pass: Pass) {
    let rows = group.rows
    let (input, middle, out) = (x.rows(rows), cache.middle.rows(rows), cache.out.rows(rows))
    let normed1 = cache.normed1.rows(rows)
    norm1.forward(input, into: normed1, inverse: cache.inverse1 + rows.lowerBound, pass)
    residual(input, into: middle, site: attentionOutputSite, group, pass) { target, accumulate in
      attention.forward(
        normed1, into: target, accumulate: accumulate, cache.attention.rows(rows), scratch.attention, group,
        site: attentionSite, pass)
    }
    let normed2 = cache.normed2.rows(rows)
    norm2.forward(middle, into: normed2, inverse: cache.inverse2 + rows.lowerBound, pass)
    residual(middle, into: out, site: feedForwardSite, group, pass) { target, accumulate in
      feedForward.forward(normed2, into: target, accumulate: accumulate, cache.feedForward.rows(rows), pass)
    }
  }

  /// `dx [R, D]` comes in as the gradient by `out` and leaves as the gradient by `x`, the group's rows.
  func backward(_ x: Matrix, dx: Matrix, _ cache: Cache, _ scratch: Scratch, _ group: TokenGroup, _ pass: Pass) {
    let rows = group.rows
    let (input, dx) = (x.rows(rows), dx.rows(rows))
    let (dBranch, dNormed) = (scratch.dBranch.rows(0..<rows.count), scratch.dNormed.rows(0..<rows.count))
    branchGradient(dx, into: dBranch, site: feedForwardSite, group, pass)
    feedForward.backward(
      cache.normed2.rows(rows), dx: dNormed, dy: dBranch, cache.feedForward.rows(rows),
      scratch: scratch.feedForward.rows(0..<rows.count), pass)
    norm2.backward(
      cache.middle.rows(rows), dx: dx, dy: dNormed, inverse: cache.inverse2 + rows.lowerBound, pass)
    branchGradient(dx, into: dBranch, site: attentionOutputSite, group, pass)
    attention.backward(
      cache.normed1.rows(rows), dx: dNormed, dy: dBranch, cache.attention.rows(rows), scratch.attention, group,
      site: attentionSite, pass)
    norm1.backward(input, dx: dx, dy: dNormed, inverse: cache.inverse1 + rows.lowerBound, pass)
  }

  /// `output = input + dropout(branch)`: without dropout the branch's last product adds to a copy of the input.
  private func residual(
    _ input: Matrix, into output: Matrix, site: Int, _ group: TokenGroup, _ pass: Pass,
    branch: (Matrix, Bool) -> Void
  ) {
    if pass.dropout.isActive {
      branch(output, false)
      drop(output, into: output, site: site, group, pass)
      ck_add(output.base, input.base, output.count)
    } else {
      output.copy(from: input)
      branch(output, true)
    }
  }

  private func branchGradient(
    _ dOut: Matrix, into dBranch: Matrix, site: Int, _ group: TokenGroup, _ pass: Pass
  ) {
    if pass.dropout.isActive {
      drop(dOut, into: dBranch, site: site, group, pass)
    } else {
      dBranch.copy(from: dOut)
    }
  }

  /// Each window has a site of its own, so that draws do not depend on the grouping.
  private func drop(_ x: Matrix, into y: Matrix, site: Int, _ group: TokenGroup, _ pass: Pass) {
    for (i, b) in group.windows.enumerated() {
      let window = i * group.tokens..<(i + 1) * group.tokens
      let (source, target) = (x.rows(window), y.rows(window))
      pass.dropout.apply(source.base, to: target.base, count: source.count, site: (site << 32) + b)
    }
  }

  // Dropout sites: three a layer, after the head's two.
  private var attentionSite: Int { 8 + 3 * index }
  private var attentionOutputSite: Int { 9 + 3 * index }
  private var feedForwardSite: Int { 10 + 3 * index }
}
