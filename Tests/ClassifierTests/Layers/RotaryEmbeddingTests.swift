import Foundation
import Testing

@testable import Classifier

@Suite struct RotaryEmbeddingTests {
  private let bench = LayerBench(ParameterLayout(), batch: 1)

  /// Head dimension 4: pairs (0, 2) by position radians and (1, 3) by position / 100.
  @Test func turnsPairsByPositionTimesFrequency() {
    let x = bench.matrix(3, 4)
    for position in 0..<3 {
      (x[position, 0], x[position, 1]) = (1, 1)
    }
    bench.rotary(tokens: 3, headDim: 4).apply(x, .forward)
    for position in 0..<3 {
      let (fast, slow) = (Double(position), Double(position) / 100)
      let expected = [cos(fast), cos(slow), sin(fast), sin(slow)]
      #expect((0..<4).allSatisfy { abs(Double(x[position, $0]) - expected[$0]) < 1e-6 })
    }
  }

  @Test func keepsNormsAndIsUndoneByItsInverse() {
    let x = bench.randomMatrix(9, 10)
    let before = values(x.base, x.count)
    let rotary = bench.rotary(tokens: 9, headDim: 10)
    rotary.apply(x, .forward)
    for row in 0..<9 {
      let range = row * 10..<(row + 1) * 10
      #expect(abs(norm(before[range]) - norm(values(x.base, x.count)[range])) < 1e-5)
    }
    #expect(largestDifference(values(x.base, x.count), before) > 0.1)
    rotary.apply(x, .inverse)
    #expect(largestDifference(values(x.base, x.count), before) < 1e-6)
  }

  /// ⟨R(m) q, R(n) k⟩ depends on m − n alone: what makes the embedding one of relative position.
  @Test func productsDependOnTheDistanceAlone() {
    let (tokens, dim) = (12, 6)
    let rotary = bench.rotary(tokens: tokens, headDim: dim)
    let (q, k) = (repeated(bench.randomMatrix(1, dim), tokens), repeated(bench.randomMatrix(1, dim), tokens))
    rotary.apply(q, .forward)
    rotary.apply(k, .forward)
    for distance in 0..<tokens {
      let products = (0..<tokens - distance).map { n in
        (0..<dim).reduce(Float(0)) { $0 + q[n + distance, $1] * k[n, $1] }
      }
      #expect(products.allSatisfy { abs($0 - products[0]) < 1e-4 }, "distance \(distance)")
    }
  }

  @Test func leavesColumnsOfOtherHeadsAlone() {
    let wide = bench.randomMatrix(5, 12)
    let before = values(wide.base, wide.count)
    bench.rotary(tokens: 5, headDim: 4).apply(wide.columns(4..<8), .forward)
    for i in 0..<wide.count where !(4..<8).contains(i % 12) {
      #expect(wide.base[i] == before[i])
    }
  }

  private func repeated(_ row: Matrix, _ count: Int) -> Matrix {
    let matrix = bench.matrix(count, row.columns)
    for i in 0..<matrix.count { matrix.base[i] = row.base[i % row.columns] }
    return matrix
  }

  private func norm(_ values: ArraySlice<Float>) -> Float {
    values.reduce(0) { $0 + $1 * $1 }.squareRoot()
  }
}
