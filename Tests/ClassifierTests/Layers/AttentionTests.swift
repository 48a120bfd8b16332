import Foundation
import Testing

@testable import Classifier

@Suite struct AttentionTests {
  private static let (batch, tokens, dim, heads) = (2, 5, 8, 2)
  private static let padded = [5, 3]

  private struct Setup {
    let attention: Attention
    let bench: LayerBench
    let x, y: Matrix
    let cache: Attention.Cache
    let scratch: Attention.Scratch

    init(dropout: Float = 0) {
      var layout = ParameterLayout()
      attention = Attention("attn", dim: dim, heads: heads, layout: &layout)
      let bench = LayerBench(layout, batch: batch, dropout: dropout)
      let rows = batch * tokens
      (x, y) = (bench.randomMatrix(rows, dim), bench.matrix(rows, dim))
      cache = Attention.Cache(
        qkv: bench.matrix(rows, 3 * dim), logSums: bench.matrix(batch * heads, tokens).base,
        context: bench.matrix(rows, dim))
      scratch = Attention.Scratch(
        rotary: bench.rotary(tokens: tokens, headDim: dim / heads),
        dContext: bench.matrix(rows, dim), dQkv: bench.matrix(rows, 3 * dim))
      self.bench = bench
    }

    func forward(valid: [Int]) {
      attention.forward(x, into: y, accumulate: false, cache, scratch, group(valid), site: 8, bench.pass)
    }

    func group(_ valid: [Int]) -> TokenGroup { TokenGroup(windows: 0..<batch, tokens: tokens, valid: valid) }

    var output: [Float] { values(y.base, y.count) }
  }

  @Test(arguments: [[5, 5], padded, [1, 1]], [0, 0.3] as [Float])
  func gradientsAgreeWithDifferences(valid: [Int], dropout: Float) {
    let setup = Setup(dropout: dropout)
    let (dx, dy) = (setup.bench.matrix(10, Self.dim), setup.bench.matrix(10, Self.dim))
    let objective = RandomObjective([setup.y])
    setup.forward(valid: valid)
    objective.putGradient(into: [dy])
    setup.attention.backward(
      setup.x, dx: dx, dy: dy, setup.cache, setup.scratch, setup.group(valid), site: 8, setup.bench.pass)
    let quantities = setup.bench.tensors + [Differentiated(name: "x", values: setup.x, gradient: dx)]
    expectGradients(quantities, of: objective) { setup.forward(valid: valid) }
  }

  @Test func paddingHasNoInfluenceOnValidTokens() {
    let setup = Setup()
    setup.forward(valid: Self.padded)
    let before = setup.output
    setup.x.rows(8..<10).fill(50)
    setup.forward(valid: Self.padded)
    #expect(setup.output[..<64].elementsEqual(before[..<64]))
    setup.forward(valid: [5, 5])
    #expect(largestDifference(setup.output[40..<64], before[40..<64]) > 1e-3)
  }

  /// With queries and keys 0 every valid token weighs the same: each output is the projected mean of the values.
  @Test func equalScoresGiveTheMeanOfTheValues() {
    let setup = Setup()
    let (weight, bias) = (setup.bench.tensors[0].values, setup.bench.tensors[1].values)
    for i in 0..<2 * Self.dim * Self.dim { weight.base[i] = 0 }
    for i in 0..<2 * Self.dim { bias.base[i] = 0 }
    setup.forward(valid: Self.padded)
    for (b, valid) in Self.padded.enumerated() {
      for column in 0..<Self.dim {
        let value = setup.cache.qkv.columns(2 * Self.dim + column..<2 * Self.dim + column + 1)
        let mean = (0..<valid).reduce(Float(0)) { $0 + value[b * Self.tokens + $1, 0] } / Float(valid)
        for t in 0..<Self.tokens {
          #expect(abs(setup.cache.context[b * Self.tokens + t, column] - mean) < 1e-5)
        }
      }
    }
  }

  @Test func oneValidTokenAttendsToItselfAlone() {
    let setup = Setup()
    setup.forward(valid: [1, 1])
    for b in 0..<Self.batch {
      let row = b * Self.tokens
      for column in 0..<Self.dim {
        #expect(abs(setup.cache.context[row, column] - setup.cache.qkv[row, 2 * Self.dim + column]) < 1e-6)
      }
    }
  }
}
