/// A one-dimensional convolution without bias, "same" padding, stride 1 or 2:
///
///     out[j] = Σ_t W[:, t, :] · x[stride·j + (t − k/2)·dilation]
///
/// Those of width 3 and stride 1, nearly all of the work, are formed by Winograd's filtering, the others directly. Those
/// of a residual block may be separable.
enum Convolution {
  case winograd(WinogradConvolution)
  case direct(DirectConvolution)
  case separable(SeparableConvolution)

  /// - Parameter isExact: formed in float32 at any precision.
  init(
    _ name: String, inputs: Int, outputs: Int, width: Int, dilation: Int = 1, stride: Int = 1, isExact: Bool = false,
    layout: inout ParameterLayout
  ) {
    let weight = layout.add("\(name).weight", [outputs, inputs, width], .convolution)
    if width == 3, stride == 1, !isExact {
      self = .winograd(
        WinogradConvolution(weight, inputs: inputs, outputs: outputs, dilation: dilation, layout: &layout))
    } else {
      precondition(dilation == 1)
      self = .direct(
        DirectConvolution(
          weight, inputs: inputs, outputs: outputs, width: width, stride: stride, isExact: isExact, layout: &layout))
    }
  }

  /// A convolution of a residual block: width 3, as many outputs as inputs.
  init(
    _ name: String, _ kind: Architecture.ConvolutionKind, channels: Int, dilation: Int, layout: inout ParameterLayout
  ) {
    switch kind {
    case .standard:
      self.init(name, inputs: channels, outputs: channels, width: 3, dilation: dilation, layout: &layout)
    case .separable:
      self = .separable(SeparableConvolution(name, channels: channels, dilation: dilation, layout: &layout))
    }
  }

  /// `x [B·L, in]` → `output [B·L/stride, out]`. Only the windows' rows of the output are meaningful.
  func forward(_ x: Signal, into output: Signal, _ pass: Pass) {
    switch self {
    case .winograd(let convolution): convolution.forward(x, into: output, pass)
    case .direct(let convolution): convolution.forward(x, into: output, pass)
    case .separable(let convolution): convolution.forward(x, into: output, pass)
    }
  }

  /// Adds the weights' gradient.
  func backwardWeights(_ x: Signal, dOutput: Signal, _ pass: Pass) {
    switch self {
    case .winograd(let convolution): convolution.backwardWeights(x, dOutput: dOutput, pass)
    case .direct(let convolution): convolution.backwardWeights(x, dOutput: dOutput, pass)
    case .separable(let convolution): convolution.backwardWeights(x, dOutput: dOutput, pass)
    }
  }

  /// The input's gradient, added to `dInput` or put in its place. Comes after ``backwardWeights(_:dOutput:_:)`` of the same
  /// `dOutput`.
  func backwardInput(_ dInput: Signal, dOutput: Signal, accumulate: Bool, _ pass: Pass) {
    switch self {
    case .winograd(let convolution): convolution.backwardInput(dInput, dOutput: dOutput, accumulate: accumulate, pass)
    case .direct(let convolution): convolution.backwardInput(dInput, dOutput: dOutput, accumulate: accumulate, pass)
    case .separable(let convolution): convolution.backwardInput(dInput, dOutput: dOutput, accumulate: accumulate, pass)
    }
  }

  /// Bytes of scratch for a batch of windows of `length` input rows.
  func scratchBytes(batch: Int, length: Int) -> Int {
    switch self {
    case .winograd(let convolution): convolution.scratchBytes(batch: batch, length: length)
    case .direct(let convolution): convolution.scratchBytes
    case .separable(let convolution): convolution.scratchBytes(length: length)
    }
  }
}
