import Testing

@testable import Classifier

/// The Transformer layer as a whole, and the pooling after it.
@Suite struct EncoderLayerTests {
  private static let (batch, tokens) = (2, 4)
  private static let architecture = Architecture(
    inputChannels: 1, channels: [4, 4, 4, 4], blocks: [1, 1, 1, 1], dim: 8, heads: 2, layers: 1, feedForward: 6,
    classes: 2)

  @Test(arguments: [[4, 4], [4, 2]], [0, 0.25] as [Float])
  func gradientsAgreeWithDifferences(valid: [Int], dropout: Float) {
    let (rows, dim) = (Self.batch * Self.tokens, Self.architecture.dim)
    var layout = ParameterLayout()
    let layer = EncoderLayer(0, architecture: Self.architecture, layout: &layout)
    let bench = LayerBench(layout, batch: Self.batch, dropout: dropout)
    let (x, dx) = (bench.randomMatrix(rows, dim), bench.matrix(rows, dim))
    let out = bench.matrix(rows, dim)
    let cache = bench.lay {
      EncoderLayer.Cache(Self.architecture, arena: &$0, batch: Self.batch, tokens: Self.tokens, out: out)
    }
    let scratch = Self.scratch(bench)
    let group = TokenGroup(windows: 0..<Self.batch, tokens: Self.tokens, valid: valid)
    let objective = RandomObjective([cache.out])
    layer.forward(x, cache, scratch, group, bench.pass)
    objective.putGradient(into: [dx])
    layer.backward(x, dx: dx, cache, scratch, group, bench.pass)
    expectGradients(bench.tensors + [Differentiated(name: "x", values: x, gradient: dx)], of: objective) {
      layer.forward(x, cache, scratch, group, bench.pass)
    }
  }

  @Test(arguments: [[4, 4], [4, 2], [1, 3]])
  func poolingsGradientsAgreeWithDifferences(valid: [Int]) {
    let pooling = Pooling()
    let (dx, dz) = (pooling.bench.matrix(8, 8), pooling.bench.matrix(2, 8))
    let objective = RandomObjective([pooling.z])
    pooling.forward(valid: valid)
    objective.putGradient(into: [dz])
    pooling.layer.backward(
      pooling.x, dx: dx, dz: dz, pooling.cache, pooling.scratch, pooling.constants, validTokens: valid,
      pooling.bench.pass)
    let quantities = pooling.bench.tensors + [Differentiated(name: "x", values: pooling.x, gradient: dx)]
    expectGradients(quantities, of: objective) { pooling.forward(valid: valid) }
  }

  @Test func poolingIgnoresPadding() {
    let pooling = Pooling()
    pooling.forward(valid: [4, 2])
    let before = values(pooling.z.base, pooling.z.count)
    pooling.x.rows(6..<8).fill(100)
    pooling.forward(valid: [4, 2])
    #expect(values(pooling.z.base, pooling.z.count) == before)
  }

  /// Equal scores weigh every valid token alike, so each head's sum is the mean of the valid tokens.
  @Test func poolingWithEqualScoresIsTheMean() {
    let pooling = Pooling()
    for tensor in pooling.bench.tensors where tensor.name.hasSuffix("score.weight") { tensor.values.fill(0) }
    pooling.forward(valid: [4, 2])
    for (b, valid) in [4, 2].enumerated() {
      for column in 0..<32 {
        let mean = (0..<valid).reduce(Float(0)) { $0 + pooling.x[b * Self.tokens + $1, column % 8] } / Float(valid)
        #expect(abs(pooling.cache.sums[b, column] - mean) < 1e-5)
      }
    }
  }

  private struct Pooling {
    let layer: AttentionPooling
    let bench: LayerBench
    let x, z: Matrix
    let cache: AttentionPooling.Cache
    let scratch: AttentionPooling.Scratch
    let constants: Constants

    init() {
      var layout = ParameterLayout()
      layer = AttentionPooling("pool", dim: 8, layout: &layout)
      bench = LayerBench(layout, batch: batch)
      (x, z) = (bench.randomMatrix(batch * tokens, 8), bench.matrix(batch, 8))
      cache = bench.lay { AttentionPooling.Cache(arena: &$0, batch: batch, tokens: tokens, dim: 8) }
      scratch = bench.lay { AttentionPooling.Scratch(arena: &$0, batch: batch, tokens: tokens, dim: 8) }
      constants = bench.constants(width: 8)
    }

    func forward(valid: [Int]) {
      layer.forward(x, into: z, cache, constants, validTokens: valid, bench.pass)
    }
  }

  private static func scratch(_ bench: LayerBench) -> EncoderLayer.Scratch {
    let scratch = bench.lay { EncoderLayer.Scratch(architecture, arena: &$0, batch: batch, tokens: tokens) }
    scratch.attention.rotary.prepare()
    return scratch
  }
}
