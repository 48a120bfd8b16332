import CKernels
import Foundation
import Testing

@testable import Classifier

/// Attention's gradient against the formulas of softmax(scale · q kᵀ) · mask · v in double precision.
@Suite struct AttentionGradientTests {
  private static let scale = 0.3

  /// One head, and the queries whose output has a gradient: with few of them the plain formulas are cheap.
  struct Problem: Sendable, CustomTestStringConvertible {
    var tokens: Int
    var valid: Int
    var dim: Int
    var keep: Float = 1
    var queries: [Int] = []
    var testDescription: String { "\(tokens) tokens, \(valid) valid, \(dim) numbers, keep \(keep)" }

    /// All where none are named.
    var withGradient: [Int] { queries.isEmpty ? Array(0..<tokens) : queries }
    var rate: ck_dropout_rate { ck_dropout_rate(keep: keep, key: 77) }
  }

  /// One block of queries, several, and 4096 tokens: 8 seconds of samples at 4 kHz.
  static let problems = [
    Problem(tokens: 1, valid: 1, dim: 4), Problem(tokens: 5, valid: 3, dim: 6), Problem(tokens: 33, valid: 33, dim: 8),
    Problem(tokens: 130, valid: 100, dim: 32), Problem(tokens: 70, valid: 64, dim: 40, keep: 0.7),
    Problem(tokens: 4096, valid: 4000, dim: 8, keep: 0.9, queries: [0, 55, 56, 2047, 4095]),
  ]

  @Test(arguments: ServingVariant.available, problems)
  func isItsDefinition(variant: ServingVariant, problem: Problem) throws {
    let table = try #require(variant.table)
    var numbers = ServingNumbers(seed: UInt64(problem.tokens))
    let qkv = numbers.draw(problem.tokens * 3 * problem.dim, CK_FLOAT32).map { 2 * $0 }
    var dContext = [Float](repeating: 0, count: problem.tokens * problem.dim)
    for query in problem.withGradient {
      dContext.replaceSubrange(
        query * problem.dim..<(query + 1) * problem.dim, with: numbers.draw(problem.dim, CK_FLOAT32))
    }
    let (context, gradient) = run(table, problem, qkv, dContext)
    let expected = plain(problem, qkv, dContext)
    for query in problem.withGradient {
      let rows = query * problem.dim..<(query + 1) * problem.dim
      #expect(deviation(Array(context[rows]), Array(expected.context[rows])) < 1e-5)
    }
    #expect(deviation(gradient, expected.gradient) < 1e-5)
  }

  private func run(
    _ table: ck_serving_table, _ problem: Problem, _ qkv: [Float], _ dContext: [Float]
  ) -> (context: [Float], gradient: [Float]) {
    let (tokens, dim) = (problem.tokens, problem.dim)
    let scratch = ServingBytes(
      count: max(table.attention_scratch(CK_FLOAT32, tokens, dim), table.attention_gradient_scratch(tokens, dim)))
    let context = ServingBytes(count: tokens * dim * 4)
    let logSums = ServingBytes(count: tokens * 4)
    let gradient = ServingBytes(count: tokens * 3 * dim * 4)
    qkv.withUnsafeBufferPointer { qkv in
      let base = qkv.baseAddress!
      var forward = ck_attention_task(
        format: CK_FLOAT32, queries: base, keys: base + dim, values: base + 2 * dim, row: 3 * dim, tokens: tokens,
        valid: problem.valid, dim: dim, scale: Float(Self.scale), dropout: problem.rate, log_sums: logSums.floats,
        results: ck_results(values: context.floats, window: 0, row: dim, operand: ck_operand()),
        scratch: scratch.base)
      table.attention(&forward)
      dContext.withUnsafeBufferPointer { dContext in
        var backward = ck_attention_gradient_task(
          queries: base, keys: base + dim, values: base + 2 * dim, context: context.floats,
          d_context: dContext.baseAddress, d_queries: gradient.floats, d_keys: gradient.floats + dim,
          d_values: gradient.floats + 2 * dim, row: 3 * dim, context_row: dim, tokens: tokens, valid: problem.valid,
          dim: dim, scale: Float(Self.scale), dropout: problem.rate, log_sums: logSums.floats, scratch: scratch.base)
        table.attention_gradient(&backward)
      }
    }
    return (context.floats(tokens * dim), gradient.floats(tokens * 3 * dim))
  }

  /// With p = softmax, m = mask / keep, o = Σ p m v: dv = p m · do; dp = m (do · v); ds = p (dp − Σ p dp); dq = scale ds k;
  /// dk = scale ds q.
  private func plain(_ problem: Problem, _ qkv: [Float], _ dContext: [Float]) -> (context: [Double], gradient: [Double])
  {
    let (tokens, dim) = (problem.tokens, problem.dim)
    func number(_ token: Int, _ part: Int, _ i: Int) -> Double { Double(qkv[(token * 3 + part) * dim + i]) }
    var context = [Double](repeating: 0, count: tokens * dim)
    var gradient = [Double](repeating: 0, count: qkv.count)
    for query in problem.withGradient {
      let scores = (0..<problem.valid).map { key in
        Self.scale * (0..<dim).reduce(0.0) { $0 + number(query, 0, $1) * number(key, 1, $1) }
      }
      let largest = scores.max()!
      let exponentials = scores.map { exp($0 - largest) }
      let sum = exponentials.reduce(0, +)
      let p = exponentials.map { $0 / sum }
      let mask = (0..<problem.valid).map { key in
        Double(ck_dropout_hash(problem.rate.key, UInt32(query * tokens + key)) >> 8) < Double(problem.keep) * 0x1p24
          ? 1 / Double(problem.keep) : 0
      }
      let dp = (0..<problem.valid).map { key in
        mask[key] * (0..<dim).reduce(0.0) { $0 + Double(dContext[query * dim + $1]) * number(key, 2, $1) }
      }
      let mean = zip(p, dp).reduce(0) { $0 + $1.0 * $1.1 }
      for key in 0..<problem.valid {
        let ds = Self.scale * p[key] * (dp[key] - mean)
        for i in 0..<dim {
          context[query * dim + i] += p[key] * mask[key] * number(key, 2, i)
          gradient[query * 3 * dim + i] += ds * number(key, 1, i)
          gradient[(key * 3 + 1) * dim + i] += ds * number(query, 0, i)
          gradient[(key * 3 + 2) * dim + i] += p[key] * mask[key] * Double(dContext[query * dim + i])
        }
      }
    }
    return (context, gradient)
  }

  /// Twice the tokens, at most twice the memory: nothing of tokens × tokens is kept.
  @Test(arguments: ServingVariant.available)
  func memoryGrowsWithTheTokens(variant: ServingVariant) throws {
    let table = try #require(variant.table)
    for tokens in [512, 4096] {
      #expect(table.attention_gradient_scratch(2 * tokens, 32) <= 2 * table.attention_gradient_scratch(tokens, 32))
      #expect(
        table.attention_scratch(CK_FLOAT32, 2 * tokens, 32) <= 2 * table.attention_scratch(CK_FLOAT32, tokens, 32))
    }
  }
}
