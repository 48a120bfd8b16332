import CKernels

/// A depthwise separable convolution (Chollet 2017): width 3 and stride 1 in each channel by itself, then width 1 across
/// channels. What lies between the two is worked out again in backward, a window at a time.
struct SeparableConvolution {
  let channels: Int
  let dilation: Int
  private let depthwise: Slot
  private let pointwise: Slot
  private let factor: FactorSlot

  init(_ name: String, channels: Int, dilation: Int, layout: inout ParameterLayout) {
    self.channels = channels
    self.dilation = dilation
    depthwise = layout.add("\(name).depthwise.weight", [channels, 1, 3], .depthwise)
    pointwise = layout.add("\(name).pointwise.weight", [channels, channels, 1], .convolution)
    factor = layout.addFactor(
      .direct(weight: pointwise, inputs: channels, outputs: channels, width: 1, stride: 1, precision: nil))
  }

  /// Of one window between the two convolutions, then of products.
  func scratchBytes(length: Int) -> Int {
    betweenBytes(length) + Products.scratchBytes(columns: channels, neighbourhood: channels)
  }

  private func betweenBytes(_ length: Int) -> Int { length * channels * MemoryLayout<Float>.stride }

  /// Where the rows between the two convolutions go, `[L, C]`, and products with what is left of the scratch memory.
  private func scratch(_ length: Int, _ pass: Pass) -> (between: Matrix, products: Products) {
    let memory = pass.products.scratch
    return (
      Matrix(memory.assumingMemoryBound(to: Float.self), rows: length, columns: channels),
      Products(weights: pass.products.weights, scratch: memory + betweenBytes(length))
    )
  }

  func forward(_ x: Signal, into output: Signal, _ pass: Pass) {
    let place = pass.products.weights[factor]
    let (between, products) = scratch(x.length, pass)
    for b in 0..<pass.batch {
      filter(x.window(b), into: between, pass)
      products.multiply(
        between, Products.RowView(width: channels), place.forward, place.format, initial: place.initial,
        into: output.window(b), accumulate: false)
    }
  }

  func backwardWeights(_ x: Signal, dOutput: Signal, _ pass: Pass) {
    let place = pass.products.weights[factor]
    let (between, products) = scratch(x.length, pass)
    for b in 0..<pass.batch {
      filter(x.window(b), into: between, pass)
      products.addGradient(
        dOutput.window(b), between, place.format, zeros: place.zeros,
        into: pass.gradients.matrix(pointwise, channels, channels))
      multiplyBack(dOutput.window(b), into: between, products, place)
      ck_depthwise_gradient(
        pass.gradients.vector(depthwise), x.window(b).base, between.base, dilation, x.length, channels)
    }
  }

  func backwardInput(_ dInput: Signal, dOutput: Signal, accumulate: Bool, _ pass: Pass) {
    let place = pass.products.weights[factor]
    let (between, products) = scratch(dOutput.length, pass)
    for b in 0..<pass.batch {
      multiplyBack(dOutput.window(b), into: between, products, place)
      let dx = dInput.window(b).base
      ck_depthwise(
        dx, between.base, pass.parameters.vector(depthwise), accumulate ? dx : nil, -dilation, dOutput.length, channels)
    }
  }

  private func filter(_ x: Matrix, into between: Matrix, _ pass: Pass) {
    ck_depthwise(between.base, x.base, pass.parameters.vector(depthwise), nil, dilation, x.rows, channels)
  }

  /// The gradient by what lies between the convolutions.
  private func multiplyBack(_ dy: Matrix, into between: Matrix, _ products: Products, _ place: PackedWeights.Place) {
    products.multiply(
      dy, Products.RowView(width: channels), place.backward, place.format, initial: place.zeros, into: between,
      accumulate: false)
  }
}
