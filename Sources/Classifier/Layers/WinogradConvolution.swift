import CKernels

/// A convolution of width 3 and stride 1 by Winograd's minimal filtering F(4, 3), forward, and transposed for both
/// gradients (Lavin and Gray 2016): half the multiply-adds of the direct way.
struct WinogradConvolution {
  let inputs: Int
  let outputs: Int
  let dilation: Int
  private let weight: Slot
  private let factor: FactorSlot

  init(_ weight: Slot, inputs: Int, outputs: Int, dilation: Int, layout: inout ParameterLayout) {
    self.weight = weight
    self.inputs = inputs
    self.outputs = outputs
    self.dilation = dilation
    factor = layout.addFactor(.winograd(weight: weight, inputs: inputs, outputs: outputs))
  }

  /// Rows of a convolution, and of a gradient, that are transformed at once, so that they stay in the cache.
  private static let rowsAtOnce = 512
  private static let gradientRowsAtOnce = 2048

  func scratchBytes(batch: Int, length: Int) -> Int {
    let windows = min(batch, Self.windows(Self.rowsAtOnce, length))
    let gradientWindows = min(batch, Self.windows(Self.gradientRowsAtOnce, length))
    let transformed = ck_winograd_scratch(CK_FLOAT32, windows, length, max(inputs, outputs), dilation)
    let gradient = ck_winograd_gradient_scratch(CK_FLOAT32, gradientWindows, length, inputs, outputs, dilation)
    return max(transformed, gradient + sumBytes)
  }

  /// Bytes of a gradient's six sums.
  private var sumBytes: Int { 6 * inputs * outputs * MemoryLayout<Float>.stride }

  private static func windows(_ rows: Int, _ length: Int) -> Int { max(1, rows / length) }

  func forward(_ x: Signal, into output: Signal, _ pass: Pass) {
    let place = pass.products.weights[factor]
    convolve(x, into: output, place.forward, place, accumulate: false, pass)
  }

  /// The convolution of the gradient with mirrored taps, inputs and outputs exchanged.
  func backwardInput(_ dInput: Signal, dOutput: Signal, accumulate: Bool, _ pass: Pass) {
    let place = pass.products.weights[factor]
    convolve(dOutput, into: dInput, place.backward, place, accumulate: accumulate, pass)
  }

  private func convolve(
    _ x: Signal, into y: Signal, _ panels: UnsafeRawPointer, _ place: PackedWeights.Place, accumulate: Bool,
    _ pass: Pass
  ) {
    var task = ck_winograd_task()
    task.format = place.format
    task.window = x.pitch * x.channels
    (task.length, task.channels, task.dilation) = (x.length, x.channels, dilation)
    task.weights = ck_weights(panels: panels, columns: y.channels, initial: place.zeros, scale: nil, bias: nil)
    task.scratch = pass.products.scratch
    for windows in pass.windows(atOnce: Self.windows(Self.rowsAtOnce, x.length)) {
      let out = y.window(windows.lowerBound).base
      task.left = UnsafePointer(x.window(windows.lowerBound).base)
      task.windows = windows.count
      task.residual = accumulate ? UnsafePointer(out) : nil
      task.results = ck_results(values: out, window: y.pitch * y.channels, row: y.channels, operand: ck_operand())
      ck_winograd(&task)
    }
  }

  func backwardWeights(_ x: Signal, dOutput: Signal, _ pass: Pass) {
    let sums = pass.products.scratch.assumingMemoryBound(to: Float.self)
    sums.update(repeating: 0, count: 6 * inputs * outputs)
    var task = ck_winograd_gradient_task()
    task.format = pass.products.weights[factor].format
    (task.x_window, task.dy_window) = (x.pitch * inputs, dOutput.pitch * outputs)
    (task.length, task.channels, task.columns, task.dilation) = (x.length, inputs, outputs, dilation)
    task.sums = sums
    task.scratch = pass.products.scratch + sumBytes
    for windows in pass.windows(atOnce: Self.windows(Self.gradientRowsAtOnce, x.length)) {
      task.x = UnsafePointer(x.window(windows.lowerBound).base)
      task.dy = UnsafePointer(dOutput.window(windows.lowerBound).base)
      task.windows = windows.count
      ck_winograd_gradient(&task)
    }
    ck_winograd_gradient_end(pass.gradients.vector(weight), sums, outputs, inputs)
  }
}
