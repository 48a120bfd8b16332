import CKernels

/// `y = x · Wᵀ + b`, W `[out, in]`.
struct Linear {
  let inputs: Int
  let outputs: Int
  private let weight: Slot
  private let bias: Slot
  private let factor: FactorSlot

  init(_ name: String, inputs: Int, outputs: Int, layout: inout ParameterLayout) {
    self.init(weight: "\(name).weight", bias: "\(name).bias", inputs: inputs, outputs: outputs, layout: &layout)
  }

  init(weight: String, bias: String, inputs: Int, outputs: Int, layout: inout ParameterLayout) {
    self.inputs = inputs
    self.outputs = outputs
    self.weight = layout.add(weight, [outputs, inputs], .linear)
    self.bias = layout.add(bias, [outputs], .vector)
    factor = layout.addFactor(.linear(weight: self.weight, bias: self.bias, inputs: inputs, outputs: outputs))
  }

  /// Bytes of scratch for rows of at most `width` numbers.
  static func scratchBytes(width: Int) -> Int { Products.scratchBytes(columns: width, neighbourhood: width) }

  /// `x [R, in]` → `y [R, out]`, added to `y` when accumulating.
  func forward(_ x: Matrix, into y: Matrix, accumulate: Bool = false, _ pass: Pass) {
    multiply(x, into: y, initial: place(pass).initial, accumulate: accumulate, pass)
  }

  /// Adds the gradients of weight and bias; the input's goes to `dx`, if given, in place or added.
  func backward(_ x: Matrix, dx: Matrix?, dy: Matrix, accumulate: Bool = false, _ pass: Pass) {
    ck_column_sums(pass.gradients.vector(bias), dy.base, dy.rows, outputs)
    backwardProduct(x, dx: dx, dy: dy, accumulate: accumulate, pass)
  }

  /// `h = mish(x · Wᵀ + b)`; `y [R, out]` keeps the product without the bias for backward.
  func forwardMish(_ x: Matrix, y: Matrix, h: Matrix, ones: UnsafePointer<Float>, _ pass: Pass) {
    multiply(x, into: y, initial: place(pass).zeros, accumulate: false, pass)
    ck_affine_mish(h.base, y.base, ones, pass.parameters.vector(bias), nil, y.rows, outputs)
  }

  /// Backward of ``forwardMish(_:y:h:ones:_:)``; `dh` is overwritten with the gradient before mish.
  func backwardMish(
    _ x: Matrix, y: Matrix, dx: Matrix, dh: Matrix, accumulate: Bool, scratch: Constants, _ pass: Pass
  ) {
    ck_affine_mish_backward(
      dh.base, dh.base, y.base, scratch.ones, pass.parameters.vector(bias), nil, nil,
      pass.gradients.vector(bias), scratch.unused, dh.rows, outputs)
    backwardProduct(x, dx: dx, dy: dh, accumulate: accumulate, pass)
  }

  private func multiply(
    _ x: Matrix, into y: Matrix, initial: UnsafeRawPointer, accumulate: Bool, _ pass: Pass
  ) {
    pass.products.multiply(
      x, Products.RowView(width: inputs), place(pass).forward, place(pass).format, initial: initial, into: y,
      accumulate: accumulate)
  }

  private func backwardProduct(_ x: Matrix, dx: Matrix?, dy: Matrix, accumulate: Bool, _ pass: Pass) {
    let place = place(pass)
    pass.products.addGradient(
      dy, x, place.format, zeros: place.zeros, into: pass.gradients.matrix(weight, outputs, inputs))
    if let dx {
      pass.products.multiply(
        dy, Products.RowView(width: outputs), place.backward, place.format, initial: place.zeros, into: dx,
        accumulate: accumulate)
    }
  }

  private func place(_ pass: Pass) -> PackedWeights.Place { pass.products.weights[factor] }
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
