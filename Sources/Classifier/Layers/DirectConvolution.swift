import CKernels

/// A convolution of any width and stride without dilation, as products of the batch's rows. The `width` rows that an
/// output needs lie side by side in memory, a row of `width · inputs` numbers; the rows of neighbouring outputs overlap.
struct DirectConvolution {
  let inputs: Int
  let outputs: Int
  let width: Int
  let stride: Int
  private let weight: Slot
  private let factor: FactorSlot

  init(
    _ weight: Slot, inputs: Int, outputs: Int, width: Int, stride: Int, isExact: Bool, layout: inout ParameterLayout
  ) {
    self.weight = weight
    self.inputs = inputs
    self.outputs = outputs
    self.width = width
    self.stride = stride
    factor = layout.addFactor(
      .direct(
        weight: weight, inputs: inputs, outputs: outputs, width: width, stride: stride,
        precision: isExact ? CK_FLOAT32 : nil))
  }

  var scratchBytes: Int {
    Products.scratchBytes(columns: max(inputs, outputs), neighbourhood: width * inputs)
  }

  func forward(_ x: Signal, into output: Signal, _ pass: Pass) {
    let place = pass.products.weights[factor]
    pass.products.multiply(
      x.rows(batch: pass.batch, from: -(width / 2)), Products.RowView(step: stride, width: width * inputs),
      place.forward, place.format, initial: place.initial, into: output.rows(batch: pass.batch), accumulate: false)
  }

  func backwardWeights(_ x: Signal, dOutput: Signal, _ pass: Pass) {
    let place = pass.products.weights[factor]
    dOutput.clearPadding(batch: pass.batch)
    let dy = dOutput.rows(batch: pass.batch)
    let neighbourhoods = Matrix(
      x.rows(batch: pass.batch, from: -(width / 2)).base, rows: dy.rows, columns: width * inputs,
      stride: stride * inputs)
    pass.products.addGradient(
      dy, neighbourhoods, place.format, zeros: place.zeros,
      into: pass.gradients.matrix(weight, outputs, width * inputs))
  }

  /// `dOutput`'s padding is zero, as ``backwardWeights(_:dOutput:_:)`` leaves it.
  func backwardInput(_ dInput: Signal, dOutput: Signal, accumulate: Bool, _ pass: Pass) {
    let place = pass.products.weights[factor]
    var panels = UnsafeRawPointer(place.backward)
    let dx = dInput.rows(batch: pass.batch)
    for phase in ConvolutionPhase.all(width: width, stride: stride) {
      let target = Matrix(
        dx.base + phase.index * dx.stride, rows: dx.rows / stride, columns: inputs, stride: stride * dx.stride)
      pass.products.multiply(
        dOutput.rows(batch: pass.batch, from: phase.firstRow),
        Products.RowView(taps: phase.taps.count, width: outputs), panels, place.format, initial: place.zeros,
        into: target, accumulate: accumulate)
      panels += ck_packed_bytes(place.format, inputs, phase.taps.count, outputs)
    }
  }
}

/// The input rows with the same remainder by the stride meet the same taps: the gradient by them is a product of its own.
struct ConvolutionPhase {
  /// The remainder.
  let index: Int
  /// In the order of the output rows that they come from.
  let taps: [Int]
  /// The first of those, counted from the input row's own.
  let firstRow: Int

  static func all(width: Int, stride: Int) -> [ConvolutionPhase] {
    (0..<stride).map { index in
      // Tap t of output row j reads input row stride · j + t − width / 2.
      let taps = (0..<width).filter { (index - ($0 - width / 2)) % stride == 0 }.reversed()
      return ConvolutionPhase(
        index: index, taps: Array(taps), firstRow: (index - (taps.first! - width / 2)) / stride)
    }
  }
}
