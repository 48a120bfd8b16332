import CKernels
import Foundation
import Testing

@testable import Classifier

/// The kernels of training, at each processor level, against their definitions in double precision.
@Suite struct GradientKernelTests {
  typealias Shape = ConvolutionKernelTests.Shape

  /// Winograd's transforms of rounded numbers lose some of bfloat16's 8 bits.
  private static func tolerance(_ format: ck_format) -> Double { format == CK_FLOAT32 ? 1e-5 : 0.06 }

  private static func formats(_ variant: ServingVariant) -> [ck_format] { variant.formats.filter { $0 != CK_INT8 } }

  /// Random numbers for a convolution `y[t, o] = Σ W[o, tap, c] · x[t + (tap − 1) · dilation, c]` and its gradients.
  private struct Problem {
    let shape: Shape
    static let windows = 3
    let x, dy, weights: [Float]

    init(_ shape: Shape) {
      self.shape = shape
      var numbers = ServingNumbers(seed: UInt64(shape.length + shape.channels))
      x = numbers.draw(Self.windows * shape.length * shape.channels, CK_FLOAT32)
      dy = numbers.draw(Self.windows * shape.length * shape.columns, CK_FLOAT32)
      weights = numbers.draw(shape.columns * 3 * shape.channels, CK_FLOAT32)
    }

    /// Calls `body` with the places in x, dy and weights of each product of the convolution.
    func forEachProduct(_ body: (_ x: Int, _ y: Int, _ weight: Int) -> Void) {
      for window in 0..<Self.windows {
        for t in 0..<shape.length {
          for tap in 0..<3 {
            let source = t + (tap - 1) * shape.dilation
            guard (0..<shape.length).contains(source) else { continue }
            for o in 0..<shape.columns {
              for c in 0..<shape.channels {
                body(
                  (window * shape.length + source) * shape.channels + c,
                  (window * shape.length + t) * shape.columns + o, (o * 3 + tap) * shape.channels + c)
              }
            }
          }
        }
      }
    }

    var result: [Double] {
      var y = [Double](repeating: 0, count: dy.count)
      forEachProduct { y[$1] += Double(x[$0]) * Double(weights[$2]) }
      return y
    }

    var inputGradient: [Double] {
      var dx = [Double](repeating: 0, count: x.count)
      forEachProduct { dx[$0] += Double(dy[$1]) * Double(weights[$2]) }
      return dx
    }

    var weightGradient: [Double] {
      var dW = [Double](repeating: 0, count: weights.count)
      forEachProduct { dW[$2] += Double(x[$0]) * Double(dy[$1]) }
      return dW
    }
  }

  @Test(arguments: ServingVariant.available, ConvolutionKernelTests.shapes)
  func packedWeightsMakeTheConvolutionAndTheGradientByItsInput(variant: ServingVariant, shape: Shape) throws {
    let table = try #require(variant.table)
    let problem = Problem(shape)
    for format in Self.formats(variant) {
      let forward = ServingBytes(count: 6 * table.packed_bytes(format, shape.columns, 1, shape.channels))
      let backward = ServingBytes(count: 6 * table.packed_bytes(format, shape.channels, 1, shape.columns))
      let rows = ServingBytes(count: 24 * shape.channels)
      table.winograd_pack(
        forward.base, backward.base, format, problem.weights, shape.columns, shape.channels, rows.base)
      let y = run(table, format, shape, problem.x, shape.channels, forward, shape.columns)
      #expect(deviation(y, problem.result) < Self.tolerance(format))
      let dx = run(table, format, shape, problem.dy, shape.columns, backward, shape.channels)
      #expect(deviation(dx, problem.inputGradient) < Self.tolerance(format))
    }
  }

  private func run(
    _ table: ck_serving_table, _ format: ck_format, _ shape: Shape, _ x: [Float], _ channels: Int,
    _ panels: ServingBytes, _ columns: Int
  ) -> [Float] {
    let count = Problem.windows * shape.length * columns
    let out = ServingBytes(count: 4 * count)
    let zeros = ServingBytes(count: table.packed_bytes(CK_FLOAT32, columns, 1, 1))
    let scratch = ServingBytes(
      count: table.winograd_scratch(format, Problem.windows, shape.length, channels, shape.dilation))
    x.withUnsafeBufferPointer { x in
      var task = ck_winograd_task(
        format: format, left: x.baseAddress, windows: Problem.windows, window: shape.length * channels,
        length: shape.length, channels: channels, dilation: shape.dilation,
        weights: ck_weights(panels: panels.base, columns: columns, initial: zeros.base, scale: nil, bias: nil),
        activation: CK_IDENTITY, residual: nil,
        results: ck_results(values: out.floats, window: shape.length * columns, row: columns, operand: ck_operand()),
        scratch: scratch.base)
      table.winograd(&task)
    }
    return out.floats(count)
  }

  /// In two calls, the second of which adds to the first's sums, and to a gradient that is there already.
  @Test(arguments: ServingVariant.available, ConvolutionKernelTests.shapes)
  func theGradientByTheWeightsAddsUp(variant: ServingVariant, shape: Shape) throws {
    let table = try #require(variant.table)
    let problem = Problem(shape)
    for format in Self.formats(variant) {
      let sums = ServingBytes(count: 24 * shape.columns * shape.channels)
      gradient(table, format, problem, windows: 0..<1, into: sums)
      gradient(table, format, problem, windows: 1..<3, into: sums)
      var dW = [Float](repeating: 1, count: problem.weights.count)
      table.winograd_gradient_end(&dW, sums.floats, shape.columns, shape.channels)
      #expect(deviation(dW.map { $0 - 1 }, problem.weightGradient) < Self.tolerance(format))
    }
  }

  private func gradient(
    _ table: ck_serving_table, _ format: ck_format, _ problem: Problem, windows: Range<Int>, into sums: ServingBytes
  ) {
    let shape = problem.shape
    let (xWindow, dyWindow) = (shape.length * shape.channels, shape.length * shape.columns)
    let scratch = ServingBytes(
      count: table.winograd_gradient_scratch(
        format, windows.count, shape.length, shape.channels, shape.columns, shape.dilation))
    problem.x.withUnsafeBufferPointer { x in
      problem.dy.withUnsafeBufferPointer { dy in
        var task = ck_winograd_gradient_task(
          format: format, x: x.baseAddress! + windows.lowerBound * xWindow,
          dy: dy.baseAddress! + windows.lowerBound * dyWindow, windows: windows.count, x_window: xWindow,
          dy_window: dyWindow, length: shape.length, channels: shape.channels, columns: shape.columns,
          dilation: shape.dilation, sums: sums.floats, scratch: scratch.base)
        table.winograd_gradient(&task)
      }
    }
  }

  /// `dyᵀ · x` as a product over rows, odd numbers of them too, and `x · Wᵀ` with weights packed by columns.
  @Test(arguments: ServingVariant.available, [(1, 3, 5), (7, 16, 17), (30, 33, 40), (65, 20, 64)])
  func packedRowsAndColumnsMakeProducts(variant: ServingVariant, size: (rows: Int, outputs: Int, inputs: Int)) throws {
    let table = try #require(variant.table)
    for format in Self.formats(variant) {
      var numbers = ServingNumbers(seed: UInt64(size.rows))
      let x = numbers.draw(size.rows * size.inputs, format)
      let dy = numbers.draw(size.rows * size.outputs, format)
      let expected = (0..<size.outputs).flatMap { o in
        (0..<size.inputs).map { i in
          (0..<size.rows).reduce(0.0) { $0 + Double(dy[$1 * size.outputs + o]) * Double(x[$1 * size.inputs + i]) }
        }
      }
      #expect(deviation(rowProduct(table, format, size, dy, x), expected) < 1e-5)
      let outputs = (0..<size.rows).flatMap { r in
        (0..<size.rows).map { s in
          (0..<size.inputs).reduce(0.0) { $0 + Double(x[r * size.inputs + $1]) * Double(x[s * size.inputs + $1]) }
        }
      }
      #expect(deviation(columnProduct(table, format, size, x), outputs) < 1e-5)
    }
  }

  private func rowProduct(
    _ table: ck_serving_table, _ format: ck_format, _ size: (rows: Int, outputs: Int, inputs: Int), _ dy: [Float],
    _ x: [Float]
  ) -> [Float] {
    let panel = table.packed_bytes(format, 1, 1, size.rows)
    let panels = ServingBytes(count: table.packed_bytes(format, size.inputs, 1, size.rows))
    table.pack_rows(panels.base, panel, format, x, size.inputs, size.rows, size.inputs)
    let left = ServingBytes(dy, columns: size.outputs, format: CK_FLOAT32)
    let pairs = ServingBytes(count: (size.rows + 1) / 2 * size.outputs * 4)
    table.interleave_rows(pairs.base, dy, size.outputs, size.rows, size.outputs)
    let isFloat = format == CK_FLOAT32
    return product(
      table, format, isFloat ? left : pairs, height: size.outputs,
      ck_rows(row: 4, taps: isFloat ? size.rows : (size.rows + 1) / 2, tap: size.outputs * 4, units: 1), panels,
      columns: size.inputs)
  }

  /// `x · xᵀ`.
  private func columnProduct(
    _ table: ck_serving_table, _ format: ck_format, _ size: (rows: Int, outputs: Int, inputs: Int), _ x: [Float]
  ) -> [Float] {
    let panels = ServingBytes(count: table.packed_bytes(format, size.rows, 1, size.inputs))
    table.pack_columns(panels.base, format, x, size.rows, size.inputs)
    let rowBytes = format.rowBytes(size.inputs)
    return product(
      table, format, ServingBytes(x, columns: size.inputs, format: format), height: size.rows,
      ck_rows(row: rowBytes, taps: 1, tap: 0, units: rowBytes / 4), panels, columns: size.rows)
  }

  private func product(
    _ table: ck_serving_table, _ format: ck_format, _ left: ServingBytes, height: Int, _ rows: ck_rows,
    _ panels: ServingBytes, columns: Int
  ) -> [Float] {
    let out = ServingBytes(count: height * columns * 4)
    let zeros = ServingBytes(count: table.packed_bytes(CK_FLOAT32, columns, 1, 1))
    var task = ck_product_task(
      format: format, left: left.base, windows: 1, window: 0, height: height, rows: rows,
      weights: ck_weights(panels: panels.base, columns: columns, initial: zeros.base, scale: nil, bias: nil),
      activation: CK_IDENTITY, residual: nil,
      results: ck_results(values: out.floats, window: 0, row: columns, operand: ck_operand()))
    table.product(&task)
    return out.floats(height * columns)
  }
}
