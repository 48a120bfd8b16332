import CKernels
import Foundation
import Testing

@testable import Classifier

/// Winograd's convolution and attention against their definitions in double precision.
@Suite struct ConvolutionKernelTests {
  struct Shape: Sendable, CustomTestStringConvertible {
    var length: Int
    var channels: Int
    var columns: Int
    var dilation: Int
    var testDescription: String { "\(length) x \(channels) to \(columns), dilation \(dilation)" }
  }

  /// Lengths that tiles of four outputs fill and do not fill, shorter than the dilation's reach too.
  static let shapes = [
    Shape(length: 1, channels: 4, columns: 4, dilation: 1), Shape(length: 2, channels: 4, columns: 8, dilation: 4),
    Shape(length: 8, channels: 5, columns: 7, dilation: 2), Shape(length: 23, channels: 8, columns: 33, dilation: 4),
    Shape(length: 64, channels: 32, columns: 32, dilation: 1),
    Shape(length: 50, channels: 20, columns: 40, dilation: 2),
  ]

  @Test(arguments: ServingVariant.available, shapes)
  func winogradIsTheConvolution(variant: ServingVariant, shape: Shape) throws {
    for format in variant.formats where format != CK_INT8 {
      var numbers = ServingNumbers(seed: UInt64(shape.length))
      let windows = 2
      let x = numbers.draw(windows * shape.length * shape.channels, CK_FLOAT32)
      let weights = numbers.draw(shape.columns * 3 * shape.channels, CK_FLOAT32)
      let bias = numbers.draw(shape.columns, CK_FLOAT32)
      let results = try winograd(variant, shape, format, windows, x, weights, bias)
      // Transformed numbers are rounded to bfloat16's 8 bits.
      let tolerance = format == CK_FLOAT32 ? 1e-5 : 0.06
      #expect(deviation(results, plain(shape, windows, x, weights, bias)) < tolerance)
    }
  }

  private func plain(_ shape: Shape, _ windows: Int, _ x: [Float], _ weights: [Float], _ bias: [Float]) -> [Double] {
    var results: [Double] = []
    for window in 0..<windows {
      for t in 0..<shape.length {
        for column in 0..<shape.columns {
          var sum = Double(bias[column])
          for tap in 0..<3 {
            let row = t + (tap - 1) * shape.dilation
            guard (0..<shape.length).contains(row) else { continue }
            for c in 0..<shape.channels {
              sum +=
                Double(x[(window * shape.length + row) * shape.channels + c])
                * Double(weights[(column * 3 + tap) * shape.channels + c])
            }
          }
          results.append(sum)
        }
      }
    }
    return results
  }

  private func winograd(
    _ variant: ServingVariant, _ shape: Shape, _ format: ck_format, _ windows: Int, _ x: [Float], _ weights: [Float],
    _ bias: [Float]
  ) throws -> [Float] {
    let table = try #require(variant.table)
    let matrix = table.packed_bytes(format, shape.columns, 1, shape.channels)
    let panels = ServingBytes(count: 6 * matrix)
    let dense = DenseWeights(
      name: "", columns: shape.columns, taps: 3, width: shape.channels, values: weights, bias: bias)
    for (index, transformed) in PackedWinograd.transformed(dense).enumerated() {
      table.pack(panels.base + index * matrix, format, transformed, nil, shape.columns, 1, shape.channels)
    }
    let packedBias = ServingBytes(count: table.packed_bytes(CK_FLOAT32, shape.columns, 1, 1))
    table.pack_vector(packedBias.base, bias, nil, shape.columns)
    let count = windows * shape.length * shape.columns
    let out = ServingBytes(count: 4 * count)
    let scratch = ServingBytes(
      count: table.winograd_scratch(format, windows, shape.length, shape.channels, shape.dilation))
    x.withUnsafeBufferPointer { x in
      var task = ck_winograd_task(
        format: format, left: x.baseAddress, windows: windows, window: shape.length * shape.channels,
        length: shape.length, channels: shape.channels, dilation: shape.dilation,
        weights: ck_weights(
          panels: panels.base, columns: shape.columns, initial: packedBias.base, scale: nil, bias: nil),
        activation: CK_IDENTITY, residual: nil,
        results: ck_results(
          values: out.floats, window: shape.length * shape.columns, row: shape.columns, operand: ck_operand()),
        scratch: scratch.base)
      table.winograd(&task)
    }
    return out.floats(count)
  }

  @Test(arguments: ServingVariant.available, [(1, 1, 8), (9, 5, 8), (33, 33, 6), (100, 70, 32), (64, 64, 40)])
  func attentionIsItsDefinition(variant: ServingVariant, shape: (tokens: Int, valid: Int, dim: Int)) throws {
    for format in variant.formats where format != CK_INT8 {
      var numbers = ServingNumbers(seed: UInt64(shape.tokens))
      let row = 3 * shape.dim
      let qkv = numbers.draw(shape.tokens * row, CK_FLOAT32).map { 3 * $0 }
      let results = try attention(variant, shape, format, qkv)
      let tolerance = format == CK_FLOAT32 ? 1e-5 : 0.05
      #expect(deviation(results, plainAttention(shape, qkv)) < tolerance)
    }
  }

  private func plainAttention(_ shape: (tokens: Int, valid: Int, dim: Int), _ qkv: [Float]) -> [Double] {
    func number(_ token: Int, _ part: Int, _ i: Int) -> Double { Double(qkv[(token * 3 + part) * shape.dim + i]) }
    var results: [Double] = []
    for t in 0..<shape.tokens {
      let scores = (0..<shape.valid).map { key in
        (0..<shape.dim).reduce(0.0) { $0 + number(t, 0, $1) * number(key, 1, $1) } * 0.3
      }
      let largest = scores.max()!
      let weights = scores.map { exp($0 - largest) }
      let sum = weights.reduce(0, +)
      for i in 0..<shape.dim {
        results.append((0..<shape.valid).reduce(0.0) { $0 + weights[$1] * number($1, 2, i) } / sum)
      }
    }
    return results
  }

  private func attention(
    _ variant: ServingVariant, _ shape: (tokens: Int, valid: Int, dim: Int), _ format: ck_format, _ qkv: [Float]
  ) throws -> [Float] {
    let table = try #require(variant.table)
    let scratch = ServingBytes(count: table.attention_scratch(format, shape.tokens, shape.dim))
    let out = ServingBytes(count: shape.tokens * shape.dim * 4)
    qkv.withUnsafeBufferPointer { qkv in
      let base = qkv.baseAddress!
      var task = ck_attention_task(
        format: format, queries: base, keys: base + shape.dim, values: base + 2 * shape.dim, row: 3 * shape.dim,
        tokens: shape.tokens, valid: shape.valid, dim: shape.dim, scale: 0.3,
        dropout: ck_dropout_rate(keep: 1, key: 0), log_sums: nil,
        results: ck_results(values: out.floats, window: 0, row: shape.dim, operand: ck_operand()),
        scratch: scratch.base)
      table.attention(&task)
    }
    return out.floats(shape.tokens * shape.dim)
  }
}
