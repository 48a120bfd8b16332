import CKernels
import Foundation
import Testing

@testable import Classifier

/// The exponential inside sigmoid, softmax, mish and SwiGLU against double precision, over the whole range.
@Suite struct KernelAccuracyTests {
  /// −100 … 100 in steps that hit no special value, and the special values.
  private static let arguments: [Float] =
    stride(from: -100, through: 100, by: 0.0437).map { Float($0) }
    + [
      0, -0.0, 0x1p-133, -0x1p-133, .leastNonzeroMagnitude, .leastNormalMagnitude, 100, -100, 20, -20, 87.5, 88, 89,
      -87,
      -87.5, 1e4, -1e4, 1e9, -1e9,
    ]

  @Test(arguments: KernelVariant.available)
  func sigmoidIsAccurate(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    var out = [Float](repeating: 0, count: Self.arguments.count)
    table.sigmoid(&out, Self.arguments, out.count)
    // Relative, until the result leaves float32's normal range.
    expectAccuracy(out, relative: 5e-7, absolute: 1e-37) { 1 / (1 + exp(-$0)) }
  }

  @Test(arguments: KernelVariant.available)
  func mishIsAccurate(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    let count = Self.arguments.count
    var out = [Float](repeating: 0, count: count)
    let (ones, zeros) = ([Float](repeating: 1, count: count), [Float](repeating: 0, count: count))
    table.affine_mish(&out, Self.arguments, ones, zeros, nil, 1, count)
    expectAccuracy(out, relative: 1e-6, absolute: 1e-28) { v in v * Self.tanhSoftplus(v) }
  }

  @Test(arguments: KernelVariant.available)
  func mishSlopeIsAccurate(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    let count = Self.arguments.count
    let (ones, zeros) = ([Float](repeating: 1, count: count), [Float](repeating: 0, count: count))
    var (du, sums, centred) = (zeros, zeros, zeros)
    table.affine_mish_backward(&du, ones, Self.arguments, ones, zeros, nil, nil, &sums, &centred, 1, count)
    // t and v·t' cancel around mish's minimum at −1.19, so there the error is measured against their size.
    expectAccuracy(du, relative: 2e-6, absolute: 1e-28, size: Self.tanhSoftplus) { v in
      let t = Self.tanhSoftplus(v)
      return t + v * (1 - t * t) / (1 + exp(-v))
    }
  }

  @Test(arguments: KernelVariant.available)
  func swiGLUIsAccurate(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    var out = [Float](repeating: 0, count: Self.arguments.count)
    table.silu_product(&out, Self.arguments, [Float](repeating: 1, count: out.count), out.count)
    expectAccuracy(out, relative: 1e-6, absolute: 1e-28) { $0 / (1 + exp(-$0)) }
  }

  @Test(arguments: KernelVariant.available)
  func softmaxTakesLargeAndSmallValues(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    for columns in [1, 5, 16, 37] {
      for offset: Float in [1e6, -1e6, 3e38, 0] {
        var x = [Float](repeating: offset, count: columns)
        table.softmax(&x, columns, 1, 1, columns)
        #expect(x.allSatisfy { abs($0 - 1 / Float(columns)) < 1e-6 }, "\(columns) times \(offset)")
      }
      var peaked = (0..<columns).map { Float($0) * -500 }
      table.softmax(&peaked, columns, 1, 1, columns)
      #expect(peaked[0] == 1 && peaked.dropFirst().allSatisfy { $0 < 1e-37 })
    }
  }

  @Test(arguments: KernelVariant.available)
  func softmaxRowsSumToOne(variant: KernelVariant) throws {
    let table = try #require(variant.table)
    var operands = Operands(seed: 5, misalignment: 0)
    let x = operands.random(40 * 129, -80...80)
    let before = values(x, 40 * 129)
    table.softmax(x, 129, 0.3, 40, 129)
    for row in 0..<40 {
      let range = row * 129..<(row + 1) * 129
      let exact = before[range].map { exp(0.3 * Double($0)) }
      let sum = exact.reduce(0, +)
      #expect(zip(range, exact).allSatisfy { abs(Double(x[$0]) - $1 / sum) < 1e-6 }, "row \(row)")
    }
  }

  private static func tanhSoftplus(_ v: Double) -> Double { tanh(v > 30 ? v : log1p(exp(v))) }

  /// Each result within `relative` of the exact value's (or, if larger, of `size`'s) magnitude, or within `absolute`.
  private func expectAccuracy(
    _ results: [Float], relative: Double, absolute: Double, size: (Double) -> Double = { _ in 0 },
    exact: (Double) -> Double
  ) {
    for (x, y) in zip(Self.arguments, results) {
      let expected = exact(Double(x))
      let tolerance = max(relative * max(abs(expected), abs(size(Double(x)))), absolute)
      if !(abs(Double(y) - expected) <= tolerance) { Issue.record("of \(x): \(y), not \(expected)") }
    }
  }
}
