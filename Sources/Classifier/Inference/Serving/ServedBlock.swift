import CKernels

/// A residual block with squeeze-and-excitation; see ``ResidualBlock`` for what is computed.
struct ServedBlock: Sendable {
  private let excitationName: String
  private let first: ServedConvolution
  private let second: ServedConvolution
  private let reduce: PackedProduct
  private let expand: PackedProduct
  private let channels: Int

  init(
    _ name: String, _ kind: Architecture.ConvolutionKind, channels: Int, dilation: Int, tensors: ModelTensors,
    arithmetic: Arithmetic
  ) {
    func convolution(_ number: Int) -> ServedConvolution {
      let (convolution, norm) = ("\(name).conv\(number)", "\(name).norm\(number)")
      return switch kind {
      case .standard:
        ServedConvolution(
          tensors.convolution(convolution, norm: norm), dilation: dilation, arithmetic: arithmetic)
      case .separable:
        ServedConvolution(
          depthwise: tensors.vector("\(convolution).depthwise.weight"),
          tensors.convolution("\(convolution).pointwise", norm: norm), dilation: dilation, arithmetic: arithmetic)
      }
    }
    excitationName = "\(name).se"
    self.channels = channels
    first = convolution(1)
    second = convolution(2)
    reduce = PackedProduct(tensors.linear("\(name).se.reduce"), input: .float32)
    expand = PackedProduct(tensors.linear("\(name).se.expand"), input: .float32)
  }

  /// How the block wants its input, beside float32 for the shortcut.
  var input: FactorFormat { first.input }

  /// From `memory.input` in the format of ``input`` to the same place in the format `next`.
  func run(_ memory: StageMemory, next: FactorFormat, _ pass: ServingPass) {
    let length = memory.length
    let hidden = memory.hidden(second.input)
    first.run(
      memory.input(first.input), length: length, activation: CK_MISH, into: hidden.results(),
      scratch: memory.scratch, pass)
    second.run(
      hidden, length: length, activation: CK_IDENTITY, into: memory.plain(0).results, scratch: memory.scratch, pass)
    pass.step(excitationName) { excite(memory, next: next, pass) }
  }

  private func excite(_ memory: StageMemory, next: FactorFormat, _ pass: ServingPass) {
    let (windows, length) = (pass.windows, memory.length)
    memory.means.update(repeating: 0, count: windows * channels)
    for window in 0..<windows {
      let means = memory.means + window * channels
      ck_column_sums(means, memory.plain(window).base, length, channels)
      for c in 0..<channels {
        means[c] /= Float(length)
      }
    }
    run(reduce, memory.means, into: memory.squeezed, CK_MISH, windows)
    run(expand, memory.squeezed, into: memory.gates, CK_SIGMOID, windows)
    for window in 0..<windows {
      var results = memory.input(next).part(window: window, values: memory.shortcut(window))
      ck_excite(
        &results, memory.plain(window).base, memory.gates + window * channels,
        memory.shortcut(window).base, memory.shortcut(window).row, length, channels)
    }
  }

  /// One row a window.
  private func run(
    _ product: PackedProduct, _ x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>,
    _ activation: ck_activation, _ windows: Int
  ) {
    product.run(
      x, windows: 1, windowBytes: 0, height: windows, rows: (product.width * 4, 0), activation: activation,
      into: FloatRows(y, window: 0, row: product.columns).results)
  }

  func scratchBytes(windows: Int, length: Int) -> Int {
    max(first.scratchBytes(windows: windows, length: length), second.scratchBytes(windows: windows, length: length))
  }
}
