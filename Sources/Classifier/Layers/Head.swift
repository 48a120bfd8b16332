import CKernels

/// The classification head: `logits = out(mish(norm(hidden(z))))`.
struct Head {
  private let hidden: Linear
  private let norm: RMSNorm
  private let out: Linear

  init(_ name: String, dim: Int, classes: Int, layout: inout ParameterLayout) {
    hidden = Linear("\(name).hidden", inputs: dim, outputs: dim / 2, layout: &layout)
    norm = RMSNorm("\(name).norm", dim: dim / 2, layout: &layout)
    out = Linear("\(name).out", inputs: dim / 2, outputs: classes, layout: &layout)
  }

  /// Activations and their gradients.
  struct Cache {
    let input: Matrix  // [B, D] z after dropout
    let hidden: Matrix  // [B, D/2]
    let inverse: UnsafeMutablePointer<Float>  // [B]
    let normed: Matrix  // [B, D/2]
    let active: Matrix  // [B, D/2] after mish and dropout
    let dActive: Matrix  // [B, D/2]
    let dHidden: Matrix  // [B, D/2]

    init(arena: inout Arena, batch: Int, dim: Int) {
      input = arena.matrix(batch, dim)
      hidden = arena.matrix(batch, dim / 2)
      inverse = arena.floats(batch)
      normed = arena.matrix(batch, dim / 2)
      active = arena.matrix(batch, dim / 2)
      dActive = arena.matrix(batch, dim / 2)
      dHidden = arena.matrix(batch, dim / 2)
    }
  }

  private static let inputSite = 0
  private static let outputSite = 1

  /// `z [B, D]` → `logits [B, K]`.
  func forward(_ z: Matrix, into logits: Matrix, _ cache: Cache, _ constants: Constants, _ pass: Pass) {
    let rows = 0..<z.rows
    let (input, active) = (cache.input.rows(rows), cache.active.rows(rows))
    let (hidden, normed) = (cache.hidden.rows(rows), cache.normed.rows(rows))
    input.copy(from: z)
    drop(input, Self.inputSite, pass)
    self.hidden.forward(input, into: hidden, pass)
    norm.forward(hidden, into: normed, inverse: cache.inverse, pass)
    ck_affine_mish(active.base, normed.base, constants.ones, constants.zeros, nil, normed.rows, normed.columns)
    drop(active, Self.outputSite, pass)
    out.forward(active, into: logits, pass)
  }

  /// From `dLogits [B, K]` to `dz [B, D]` (put in place).
  func backward(dz: Matrix, dLogits: Matrix, _ cache: Cache, _ constants: Constants, _ pass: Pass) {
    let rows = 0..<dz.rows
    let (dActive, dHidden) = (cache.dActive.rows(rows), cache.dHidden.rows(rows))
    let (hidden, normed) = (cache.hidden.rows(rows), cache.normed.rows(rows))
    out.backward(cache.active.rows(rows), dx: dActive, dy: dLogits, pass)
    drop(dActive, Self.outputSite, pass)
    ck_affine_mish_backward(
      dActive.base, dActive.base, normed.base, constants.ones, constants.zeros, nil, nil, constants.unused,
      constants.unused, normed.rows, normed.columns)
    dHidden.fill(0)
    norm.backward(hidden, dx: dHidden, dy: dActive, inverse: cache.inverse, pass)
    self.hidden.backward(cache.input.rows(rows), dx: dz, dy: dHidden, pass)
    drop(dz, Self.inputSite, pass)
  }

  private func drop(_ x: Matrix, _ site: Int, _ pass: Pass) {
    guard pass.dropout.isActive else { return }
    pass.dropout.apply(x.base, to: x.base, count: x.count, site: site)
  }
}
