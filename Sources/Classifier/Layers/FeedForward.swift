import CKernels

/// SwiGLU feed-forward (Shazeer 2020): `down(silu(gate(x)) · up(x))`.
struct FeedForward {
  private let gate: Linear
  private let up: Linear
  private let down: Linear

  init(_ name: String, dim: Int, width: Int, layout: inout ParameterLayout) {
    gate = Linear("\(name).gate", inputs: dim, outputs: width, layout: &layout)
    up = Linear("\(name).up", inputs: dim, outputs: width, layout: &layout)
    down = Linear("\(name).down", inputs: width, outputs: dim, layout: &layout)
  }

  /// Activations, `[R, F]` each.
  struct Cache {
    let gate: Matrix
    let up: Matrix
    let product: Matrix

    init(arena: inout Arena, rows: Int, width: Int) {
      gate = arena.matrix(rows, width)
      up = arena.matrix(rows, width)
      product = arena.matrix(rows, width)
    }

    func rows(_ range: Range<Int>) -> Cache {
      Cache(gate: gate.rows(range), up: up.rows(range), product: product.rows(range))
    }

    private init(gate: Matrix, up: Matrix, product: Matrix) {
      self.gate = gate
      self.up = up
      self.product = product
    }
  }

  /// `x [R, D]` → `y [R, D]`, added to `y` when accumulating.
  func forward(_ x: Matrix, into y: Matrix, accumulate: Bool, _ cache: Cache, _ pass: Pass) {
    gate.forward(x, into: cache.gate, pass)
    up.forward(x, into: cache.up, pass)
    ck_silu_product(cache.product.base, cache.gate.base, cache.up.base, cache.product.count)
    down.forward(cache.product, into: y, accumulate: accumulate, pass)
  }

  /// From `dy` to `dx` (put in place); `scratch` holds gradients of the same shapes as the cache.
  func backward(_ x: Matrix, dx: Matrix, dy: Matrix, _ cache: Cache, scratch: Cache, _ pass: Pass) {
    down.backward(cache.product, dx: scratch.product, dy: dy, pass)
    ck_silu_product_backward(
      scratch.gate.base, scratch.up.base, scratch.product.base, cache.gate.base, cache.up.base, cache.product.count)
    gate.backward(x, dx: dx, dy: scratch.gate, pass)
    up.backward(x, dx: dx, dy: scratch.up, accumulate: true, pass)
  }
}
