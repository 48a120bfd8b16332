import CKernels
import Foundation
import Testing

@testable import Classifier

/// Products with packed weights against plain sums in double precision.
@Suite struct ProductKernelTests {
  /// One product: `results[r] = activation(Σ over taps of x[r + tap] · weights + bias + residual)`.
  struct Shape: Sendable, CustomTestStringConvertible {
    var rows: Int
    var columns: Int
    var width: Int
    var taps = 1
    var testDescription: String { "\(rows) rows, \(columns) columns, \(taps) taps of \(width)" }
  }

  /// Below, at and above the tiles' heights (6, 14) and the panels' widths (8, 16, 32), and odd widths.
  static let shapes = [
    Shape(rows: 1, columns: 1, width: 1), Shape(rows: 5, columns: 7, width: 3), Shape(rows: 6, columns: 8, width: 4),
    Shape(rows: 13, columns: 17, width: 9), Shape(rows: 14, columns: 32, width: 16),
    Shape(rows: 15, columns: 33, width: 5), Shape(rows: 40, columns: 48, width: 6, taps: 3),
    Shape(rows: 29, columns: 100, width: 12, taps: 15),
  ]

  @Test(arguments: ServingVariant.available, shapes)
  func sumsAreThoseOfThePlainLoops(variant: ServingVariant, shape: Shape) throws {
    for format in variant.formats {
      let problem = Problem(shape, format)
      let results = try problem.run(variant)
      #expect(deviation(results, problem.expected { x, _ in x }) < 1e-5, "\(format)")
    }
  }

  @Test(arguments: ServingVariant.available)
  func whatFollowsAProductIsDoneToIt(variant: ServingVariant) throws {
    for format in variant.formats {
      var problem = Problem(Shape(rows: 9, columns: 21, width: 8), format)
      problem.activation = CK_MISH
      #expect(try deviation(problem.run(variant), problem.expected { x, _ in x * tanh(log1p(exp(x))) }) < 1e-5)
      problem.activation = CK_SIGMOID
      #expect(try deviation(problem.run(variant), problem.expected { x, _ in 1 / (1 + exp(-x)) }) < 1e-5)
      problem.activation = CK_GATED
      problem.isGated = true
      #expect(try deviation(problem.run(variant), problem.expected { up, gate in gate / (1 + exp(-gate)) * up }) < 1e-5)
    }
  }

  @Test(arguments: ServingVariant.available)
  func aResidualIsAdded(variant: ServingVariant) throws {
    for format in variant.formats {
      var problem = Problem(Shape(rows: 17, columns: 40, width: 8), format)
      var numbers = ServingNumbers(seed: 9)
      let residual = numbers.draw(17 * 40, CK_FLOAT32)
      problem.residual = residual
      let expected = zip(problem.expected { x, _ in x }, residual).map { $0 + Double($1) }
      #expect(try deviation(problem.run(variant), expected) < 1e-5)
    }
  }

  @Test(arguments: ServingVariant.available)
  func aRowsResultDoesNotDependOnTheRowsBesideIt(variant: ServingVariant) throws {
    for format in variant.formats {
      let all = Problem(Shape(rows: 31, columns: 40, width: 20), format)
      let together = try all.run(variant)
      for row in [0, 5, 13, 14, 30] {
        let alone = try all.keeping(row).run(variant)
        #expect(alone == Array(together[row * 40..<(row + 1) * 40]), "row \(row)")
      }
    }
  }

  @Test(arguments: ServingVariant.available)
  func resultsAreRoundedForTheNextProduct(variant: ServingVariant) throws {
    let problem = Problem(Shape(rows: 10, columns: 37, width: 8), CK_FLOAT32)
    let exact = try problem.run(variant)
    let table = try #require(variant.table)
    let bytes = problem.rounded(table, ck_operand(data: nil, format: CK_INT8, window: 0, row: 40, scale: 50, zero: 7))
    let halves = problem.rounded(
      table, ck_operand(data: nil, format: CK_BFLOAT16, window: 0, row: 80, scale: 1, zero: 0))
    for (i, x) in exact.enumerated() {
      let (row, column) = (i / 37, i % 37)
      let byte = bytes.base.load(fromByteOffset: row * 40 + column, as: UInt8.self)
      // A multiply-add rounds once, the two steps here twice: they may part at a tie.
      #expect(abs(Float(byte) - min(max(x * 50 + 7, 0), 255)) <= 0.5001)
      let half = halves.base.load(fromByteOffset: row * 80 + 2 * column, as: UInt16.self)
      #expect(abs(Float(bitPattern: UInt32(half) << 16) - x) <= abs(x) / 256)
    }
  }
}

/// Largest difference, relative to the largest number expected.
func deviation(_ results: [Float], _ expected: [Double]) -> Double {
  #expect(results.count == expected.count)
  let size = expected.reduce(1e-30) { max($0, abs($1)) }
  return zip(results, expected).reduce(0) { max($0, abs(Double($1.0) - $1.1)) } / size
}

/// Numbers for one product, and its plain result.
private struct Problem {
  let shape: ProductKernelTests.Shape
  let format: ck_format
  var activation = CK_IDENTITY
  var isGated = false
  var residual: [Float]?
  private var x: [Float]
  private let weights: [Float]
  private let gates: [Float]
  private let bias: [Float]
  private let gateBias: [Float]
  private static let zero = 100
  /// int8: what a stored product is worth; keeps sums near 1, where activations bend.
  private static let worth: Float = 1e-4

  init(_ shape: ProductKernelTests.Shape, _ format: ck_format) {
    (self.shape, self.format) = (shape, format)
    var numbers = ServingNumbers(seed: UInt64(shape.rows * 1000 + shape.columns))
    x = numbers.draw((shape.rows + shape.taps - 1) * shape.width, format)
    weights = numbers.draw(shape.columns * shape.taps * shape.width, format)
    gates = numbers.draw(shape.columns * shape.taps * shape.width, format)
    bias = numbers.draw(shape.columns, CK_FLOAT32)
    gateBias = numbers.draw(shape.columns, CK_FLOAT32)
  }

  /// The problem of one row (of a product with one tap).
  func keeping(_ row: Int) -> Problem {
    Problem(self, shape: .init(rows: 1, columns: shape.columns, width: shape.width), row: row)
  }

  private init(_ other: Problem, shape: ProductKernelTests.Shape, row: Int) {
    self.shape = shape
    (format, weights, gates, bias, gateBias) = (other.format, other.weights, other.gates, other.bias, other.gateBias)
    x = Array(other.x[row * shape.width..<(row + 1) * shape.width])
  }

  /// In double precision; `activation` gets the sum and, for gated products, the gate's.
  func expected(_ activation: (_ sum: Double, _ gate: Double) -> Double) -> [Double] {
    var results: [Double] = []
    for row in 0..<shape.rows {
      for column in 0..<shape.columns {
        results.append(activation(sum(weights, bias, row, column), sum(gates, gateBias, row, column)))
      }
    }
    return results
  }

  private func sum(_ weights: [Float], _ bias: [Float], _ row: Int, _ column: Int) -> Double {
    let length = shape.taps * shape.width
    var sum = 0.0
    for i in 0..<length {
      sum += Double(x[row * shape.width + i]) * Double(weights[column * length + i])
    }
    return sum * Double(format == CK_INT8 ? Self.worth : 1) + Double(bias[column])
  }

  func run(_ variant: ServingVariant) throws -> [Float] {
    let table = try #require(variant.table)
    let out = ServingBytes(count: shape.rows * shape.columns * 4)
    out.floats.initialize(repeating: .nan, count: shape.rows * shape.columns)
    run(table, ck_results(values: out.floats, window: 0, row: shape.columns, operand: ck_operand()))
    return out.floats(shape.rows * shape.columns)
  }

  func rounded(_ table: ck_serving_table, _ operand: ck_operand) -> ServingBytes {
    let out = ServingBytes(count: shape.rows * operand.row)
    var operand = operand
    operand.data = out.base
    run(table, ck_results(values: nil, window: 0, row: 0, operand: operand))
    return out
  }

  private func run(_ table: ck_serving_table, _ results: ck_results) {
    let left = ServingBytes(x, columns: shape.width, format: format, zero: Self.zero)
    let packed = Packed(self, table)
    let rowBytes = format.rowBytes(shape.width)
    withOptional(residual) { residual in
      var task = ck_product_task(
        format: format, left: left.base, windows: 1, window: 0, height: shape.rows,
        rows: ck_rows(row: rowBytes, taps: shape.taps, tap: rowBytes, units: rowBytes / 4),
        weights: ck_weights(
          panels: packed.panels.base, columns: shape.columns, initial: packed.initial.base,
          scale: packed.scale.floats, bias: packed.bias.floats),
        activation: activation, residual: residual, results: results)
      table.product(&task)
    }
  }

  private func withOptional(_ array: [Float]?, _ body: (UnsafePointer<Float>?) -> Void) {
    guard let array else { return body(nil) }
    array.withUnsafeBufferPointer { body($0.baseAddress) }
  }

  /// The weights as the kernels want them.
  private struct Packed {
    let panels, initial, scale, bias: ServingBytes

    init(_ problem: Problem, _ table: ck_serving_table) {
      let (shape, format) = (problem.shape, problem.format)
      let columns = problem.isGated ? 2 * shape.columns : shape.columns
      panels = ServingBytes(count: table.packed_bytes(format, columns, shape.taps, shape.width))
      let lanes = table.packed_bytes(CK_FLOAT32, columns, 1, 1)
      (initial, scale, bias) = (
        ServingBytes(count: lanes), ServingBytes(count: lanes), ServingBytes(count: lanes)
      )
      // Left halves of panels are gates.
      let (first, second) = problem.isGated ? (problem.gates, problem.weights) : (problem.weights, nil as [Float]?)
      let (firstBias, secondBias) = problem.isGated ? (problem.gateBias, problem.bias) : (problem.bias, nil)
      func pack(_ bytes: ServingBytes, _ first: [Float], _ second: [Float]?) {
        first.withUnsafeBytes { a in
          (second ?? []).withUnsafeBytes { b in
            table.pack_vector(bytes.base, a.baseAddress, second == nil ? nil : b.baseAddress, first.count)
          }
        }
      }
      guard format == CK_INT8 else {
        first.withUnsafeBytes { a in
          (second ?? []).withUnsafeBytes { b in
            table.pack(
              panels.base, format, a.baseAddress, second == nil ? nil : b.baseAddress, shape.columns, shape.taps,
              shape.width)
          }
        }
        pack(initial, firstBias, secondBias)
        return
      }
      let (a, b) = (first.map { Int8($0) }, second.map { $0.map { Int8($0) } })
      a.withUnsafeBytes { a in
        (b ?? []).withUnsafeBytes { pointer in
          table.pack(
            panels.base, format, a.baseAddress, b == nil ? nil : pointer.baseAddress, shape.columns, shape.taps,
            shape.width)
        }
      }
      func compensation(_ weights: [Int8]) -> [Float] {
        let length = shape.taps * shape.width
        return (0..<shape.columns).map { column in
          let sum = weights[column * length..<(column + 1) * length].reduce(0) { $0 + Int($1) }
          return Float(bitPattern: UInt32(bitPattern: Int32(-Problem.zero * sum)))
        }
      }
      pack(initial, compensation(a), b.map(compensation))
      let worth = Array(repeating: Problem.worth, count: shape.columns)
      pack(scale, worth, problem.isGated ? worth : nil)
      pack(bias, firstBias, secondBias)
    }
  }
}
