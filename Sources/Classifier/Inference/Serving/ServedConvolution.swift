import CKernels

/// A convolution with the BatchNorm that follows it folded into its weights.
struct ServedConvolution: Sendable {
  private enum Method {
    case direct(PackedProduct)
    case winograd(PackedWinograd)
    case separable(ServedSeparableConvolution)
  }

  let name: String
  private let method: Method
  private let width: Int
  private let dilation: Int
  private let stride: Int

  init(_ weights: DenseWeights, dilation: Int = 1, stride: Int = 1, arithmetic: Arithmetic) {
    name = weights.name
    width = weights.taps
    self.dilation = dilation
    self.stride = stride
    if width == 3, stride == 1, let format = arithmetic.winograd {
      method = .winograd(PackedWinograd(weights, dilation: dilation, format: format))
    } else {
      method = .direct(PackedProduct(weights, input: arithmetic.input(of: name)))
    }
  }

  /// A separable one: `depthwise [3, C]` before the product with `weights`.
  init(depthwise: [Float], _ weights: DenseWeights, dilation: Int, arithmetic: Arithmetic) {
    name = weights.name
    width = 3
    self.dilation = dilation
    stride = 1
    method = .separable(
      ServedSeparableConvolution(
        depthwise: depthwise, pointwise: PackedProduct(weights, input: arithmetic.input(of: weights.name)),
        dilation: dilation))
  }

  /// How the convolution wants its input.
  var input: FactorFormat {
    switch method {
    case .direct(let product): product.input
    case .winograd, .separable: .float32
    }
  }

  /// Rows beyond a window that are read.
  private var reach: Int { width / 2 * dilation }

  /// `x`, windows of `length` rows with at least ``reach`` rows of padding around each → windows of `length / stride`.
  func run(
    _ x: Factor, length: Int, activation: ck_activation, into results: ck_results, scratch: UnsafeMutableRawPointer,
    _ pass: ServingPass
  ) {
    let height = length / stride
    switch method {
    case .direct(let product):
      pass.factors?.see(name, x, length: length, windows: pass.windows)
      pass.step(name, multiplyAdds: pass.windows * height * product.multiplyAdds) {
        x.clearPadding(reach: reach, length: length, windows: pass.windows)
        product.run(
          x.data - reach * x.rowBytes, windows: pass.windows, windowBytes: x.windowBytes, height: height,
          rows: (stride * x.rowBytes, dilation * x.rowBytes), activation: activation, into: results)
      }
    case .winograd(let product):
      pass.factors?.see(name, x, length: length, windows: pass.windows)
      let rows = pass.windows * length
      pass.step(
        name, multiplyAdds: rows * product.multiplyAdds, direct: rows * 3 * product.columns * product.channels
      ) {
        product.run(
          x.data.assumingMemoryBound(to: Float.self), windows: pass.windows, windowFloats: x.windowBytes / 4,
          length: length, activation: activation, scratch: scratch, into: results)
      }
    case .separable(let convolution):
      pass.step(name, multiplyAdds: pass.windows * length * convolution.multiplyAdds) {
        convolution.run(x, length: length, activation: activation, scratch: scratch, into: results, pass)
      }
    }
  }

  /// Bytes of scratch that ``run(_:length:activation:into:scratch:_:)`` needs.
  func scratchBytes(windows: Int, length: Int) -> Int {
    switch method {
    case .direct: 0
    case .winograd(let product): product.scratchBytes(windows: windows, length: length)
    case .separable(let convolution): convolution.scratchBytes(windows: windows, length: length)
    }
  }
}
