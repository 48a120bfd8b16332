import CKernels

/// `y = x · Wᵀ + b`, W `[out, in]`.
struct Linear {
  let inputs: Int
  let outputs: Int
  private let weight: Slot
  private let bias: Slot

  init(_ name: String, inputs: Int, outputs: Int, layout: inout ParameterLayout) {
    self.init(weight: "\(name).weight", bias: "\(name).bias", inputs: inputs, outputs: outputs, layout: &layout)
  }

  init(weight: String, bias: String, inputs: Int, outputs: Int, layout: inout ParameterLayout) {
    self.inputs = inputs
    self.outputs = outputs
    self.weight = layout.add(weight, [outputs, inputs], .linear)
    self.bias = layout.add(bias, [outputs], .vector)
  }

  /// `x [R, in]` → `y [R, out]`, added to `y` when accumulating.
  func forward(_ x: Matrix, into y: Matrix, accumulate: Bool = false, _ pass: Pass) {
    let bias = pass.parameters.vector(self.bias)
    for row in 0..<y.rows {
      let start = y.base + row * y.stride
      if accumulate {
        ck_add(start, bias, outputs)
      } else {
        start.update(from: bias, count: outputs)
      }
    }
    multiply(x, .plain, weights(pass.parameters), .transposed, into: y, accumulate: true)
  }

  /// Adds the gradients of weight and bias; the input's goes to `dx`, if given, in place or added.
  func backward(_ x: Matrix, dx: Matrix?, dy: Matrix, accumulate: Bool = false, _ pass: Pass) {
    ck_column_sums(pass.gradients!.vector(bias), dy.base, dy.rows, outputs)
    backwardProduct(x, dx: dx, dy: dy, accumulate: accumulate, pass)
  }

  /// `h = mish(x · Wᵀ + b)`; `y [R, out]` keeps the product without the bias for backward.
  func forwardMish(_ x: Matrix, y: Matrix, h: Matrix, ones: UnsafePointer<Float>, _ pass: Pass) {
    multiply(x, .plain, weights(pass.parameters), .transposed, into: y)
    ck_affine_mish(h.base, y.base, ones, pass.parameters.vector(bias), nil, y.rows, outputs)
  }

  /// Backward of ``forwardMish(_:y:h:ones:_:)``; `dh` is overwritten with the gradient before mish.
  func backwardMish(
    _ x: Matrix, y: Matrix, dx: Matrix, dh: Matrix, accumulate: Bool, scratch: Constants, _ pass: Pass
  ) {
    ck_affine_mish_backward(
      dh.base, dh.base, y.base, scratch.ones, pass.parameters.vector(bias), nil, nil,
      pass.gradients!.vector(bias), scratch.unused, dh.rows, outputs)
    backwardProduct(x, dx: dx, dy: dh, accumulate: accumulate, pass)
  }

  private func backwardProduct(_ x: Matrix, dx: Matrix?, dy: Matrix, accumulate: Bool, _ pass: Pass) {
    multiply(
      dy, .transposed, x, .plain, into: pass.gradients!.matrix(weight, outputs, inputs), accumulate: true)
    if let dx {
      multiply(dy, .plain, weights(pass.parameters), .plain, into: dx, accumulate: accumulate)
    }
  }

  private func weights(_ view: ParameterView) -> Matrix { view.matrix(weight, outputs, inputs) }
}

/// Rows of constants that element-wise kernels are given where a layer has no scale of its own.
struct Constants {
  let ones: UnsafeMutablePointer<Float>
  let zeros: UnsafeMutablePointer<Float>
  /// Takes sums that the caller has no use for.
  let unused: UnsafeMutablePointer<Float>
  private let width: Int

  /// `width`: the widest row that they are used for.
  init(arena: inout Arena, width: Int) {
    ones = arena.floats(width)
    zeros = arena.floats(width)
    unused = arena.floats(width)
    self.width = width
  }

  /// Fills in the ones; call once, when the arena's memory exists.
  func prepare() {
    ones.update(repeating: 1, count: width)
  }
}
