import CKernels

/// Root-mean-square norm (Zhang and Sennrich 2019): `y = x / √(mean(x²) + 1e-6) · weight`.
struct RMSNorm {
  private let dim: Int
  private let weight: Slot

  init(_ name: String, dim: Int, layout: inout ParameterLayout) {
    self.dim = dim
    weight = layout.add("\(name).weight", [dim], .vector)
  }

  /// `x [R, D]` → `y [R, D]`; `inverse [R]` is kept for backward.
  func forward(_ x: Matrix, into y: Matrix, inverse: UnsafeMutablePointer<Float>, _ pass: Pass) {
    ck_rms_norm(y.base, inverse, x.base, pass.parameters.vector(weight), x.rows, dim)
  }

  /// Adds the input's gradient to `dx` and the weight's to the gradients.
  func backward(_ x: Matrix, dx: Matrix, dy: Matrix, inverse: UnsafeMutablePointer<Float>, _ pass: Pass) {
    ck_rms_norm_backward(
      dx.base, pass.gradients.vector(weight), dy.base, x.base, inverse, pass.parameters.vector(weight), x.rows, dim)
  }
}
