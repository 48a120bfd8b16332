/// A one-dimensional convolution without bias, "same" padding, as matrix products on row-shifted views.
///
///     out[j] = Σ_t W[:, t, :] · x[stride·j + (t − k/2)·dilation]
///
/// With dilation 1 the k rows that an output needs lie side by side in memory: a row of k·in columns. The rows of
/// neighbouring outputs overlap, which BLAS does not take, those of every ⌈k/stride⌉-th output do not: so the sum over
/// taps is done inside ⌈k/stride⌉ products of a part of the outputs each. With larger dilations it is k products of all
/// outputs, added up.
struct Convolution {
  let inputs: Int
  let outputs: Int
  let width: Int
  let dilation: Int
  let stride: Int
  private let weight: Slot

  init(
    _ name: String, inputs: Int, outputs: Int, width: Int, dilation: Int = 1, stride: Int = 1,
    layout: inout ParameterLayout
  ) {
    self.inputs = inputs
    self.outputs = outputs
    self.width = width
    self.dilation = dilation
    self.stride = stride
    weight = layout.add("\(name).weight", [outputs, inputs, width], .convolution)
  }

  /// `x [B·L, in]` → `output [B·L/stride, out]`. Only the windows' rows of the output are meaningful.
  func forward(_ x: Signal, into output: Signal, _ pass: Pass) {
    let y = output.rows(batch: pass.batch)
    let weights = pass.parameters.matrix(weight, outputs, width * inputs)
    if dilation == 1 {
      for phase in 0..<phases {
        multiply(
          neighbourhoods(x, phase, pass), .plain, weights, .transposed, into: every(phases, from: phase, of: y))
      }
    } else {
      for tap in 0..<width {
        multiply(
          x.rows(batch: pass.batch, from: shift(tap)), .plain, taps(weights, tap), .transposed, into: y,
          accumulate: tap > 0)
      }
    }
  }

  /// Adds the weights' gradient. `dOutput`'s padding must be zero.
  func backwardWeights(_ x: Signal, dOutput: Signal, _ pass: Pass) {
    let dy = dOutput.rows(batch: pass.batch)
    let dWeights = pass.gradients!.matrix(weight, outputs, width * inputs)
    if dilation == 1 {
      for phase in 0..<phases {
        multiply(
          every(phases, from: phase, of: dy), .transposed, neighbourhoods(x, phase, pass), .plain, into: dWeights,
          accumulate: true)
      }
    } else {
      for tap in 0..<width {
        multiply(
          dy, .transposed, x.rows(batch: pass.batch, from: shift(tap)), .plain, into: taps(dWeights, tap),
          accumulate: true)
      }
    }
  }

  /// The input's gradient, added to `dInput` or put in its place. `dOutput`'s padding must be zero.
  func backwardInput(_ dInput: Signal, dOutput: Signal, accumulate: Bool, _ pass: Pass) {
    let weights = pass.parameters.matrix(weight, outputs, width * inputs)
    // An input row 2j meets the taps of even distance from it, 2j + 1 the others: each parity is a product of its own.
    for phase in 0..<stride {
      var begun = accumulate
      for tap in 0..<width where (phase - shift(tap)) % stride == 0 {
        let dy = dOutput.rows(batch: pass.batch, from: (phase - shift(tap)) / stride)
        let dx = every(stride, from: phase, of: dInput.rows(batch: pass.batch))
        multiply(dy, .plain, taps(weights, tap), .plain, into: dx, accumulate: begun)
        begun = true
      }
    }
  }

  /// Rows from an output row to the input row that tap `tap` reads.
  private func shift(_ tap: Int) -> Int { (tap - width / 2) * dilation }

  /// The `[out, in]` weights of one tap.
  private func taps(_ weights: Matrix, _ tap: Int) -> Matrix {
    weights.columns(tap * inputs..<(tap + 1) * inputs)
  }

  /// Outputs from one whose neighbourhood overlaps to the next whose does not.
  private var phases: Int { (width + stride - 1) / stride }

  /// For the outputs `phase`, `phase + phases`, …: each row the `width` neighbouring rows of x.
  private func neighbourhoods(_ x: Signal, _ phase: Int, _ pass: Pass) -> Matrix {
    let start = x.rows(batch: pass.batch, from: shift(0))
    let step = phases * stride
    return Matrix(
      start.base + phase * stride * inputs, rows: (start.rows / stride - phase + phases - 1) / phases,
      columns: width * inputs, stride: step * inputs)
  }

  /// Rows `first`, `first + step`, … of a matrix.
  private func every(_ step: Int, from first: Int, of matrix: Matrix) -> Matrix {
    Matrix(
      matrix.base + first * matrix.stride, rows: (matrix.rows - first + step - 1) / step, columns: matrix.columns,
      stride: step * matrix.stride)
  }
}
