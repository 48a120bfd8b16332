import Testing

@testable import Classifier

/// Squeeze-and-excitation, the residual block and the stage.
@Suite struct BlockTests {
  private static let (batch, channels) = (2, 4)

  /// The gate depends on y through its mean n̄ = mean(y) · scale + shift, so ∂/∂y is dPooled · scale / L at every sample.
  @Test func squeezeExcitationsGradientsAgreeWithDifferences() {
    var layout = ParameterLayout()
    let excitation = SqueezeExcitation("se", channels: Self.channels, layout: &layout)
    let bench = LayerBench(layout, batch: Self.batch)
    let constants = bench.constants(width: Self.channels)
    let affine = bench.lay { BatchNorm.Affine(arena: &$0, batch: Self.batch, channels: Self.channels) }
    let means = bench.randomMatrix(Self.batch, Self.channels)
    affine.windowMeans.copy(from: means)
    for c in 0..<Self.channels {
      (affine.scale[c], affine.shift[c]) = (1.5 - Float(c), 0.3 * Float(c))
    }
    let cache = bench.lay { SqueezeExcitation.Cache(arena: &$0, batch: Self.batch, channels: Self.channels) }
    let (dGate, dHidden) = (bench.matrix(Self.batch, Self.channels), bench.matrix(Self.batch, Self.channels / 4))
    let dPooled = bench.matrix(Self.batch, Self.channels)
    let objective = RandomObjective([cache.gate])
    excitation.forward(affine, cache, constants, bench.pass)
    objective.putGradient(into: [dGate])
    excitation.backward(cache, dGate: dGate, dHidden: dHidden, dPooled: dPooled, constants, bench.pass)
    let dMeans = bench.matrix(Self.batch, Self.channels)
    for i in 0..<dMeans.count { dMeans.base[i] = dPooled.base[i] * affine.scale[i % Self.channels] }
    let quantities = bench.tensors + [Differentiated(name: "means", values: affine.windowMeans, gradient: dMeans)]
    expectGradients(quantities, of: objective) {
      excitation.forward(affine, cache, constants, bench.pass)
    }
  }

  @Test(arguments: [1, 2, 4], Architecture.ConvolutionKind.allCases)
  func residualBlocksGradientsAgreeWithDifferences(dilation: Int, kind: Architecture.ConvolutionKind) {
    var layout = ParameterLayout()
    let block = ResidualBlock("block", kind, channels: Self.channels, dilation: dilation, layout: &layout)
    let bench = LayerBench(layout, batch: Self.batch)
    let x = bench.randomSignal(length: 8, channels: Self.channels, padding: 4)
    func signal() -> Signal { bench.signal(length: 8, channels: Self.channels, padding: 4) }
    func affine() -> BatchNorm.Affine {
      bench.lay { BatchNorm.Affine(arena: &$0, batch: Self.batch, channels: Self.channels) }
    }
    let cache = ResidualBlock.Cache(
      first: ConvolutionUnit.Cache(y: signal(), h: signal(), affine: affine()), y: signal(), out: signal(),
      affine: affine(),
      excitation: bench.lay { SqueezeExcitation.Cache(arena: &$0, batch: Self.batch, channels: Self.channels) })
    let constants = bench.constants(width: Self.channels)
    let scratch = bench.lay {
      BlockScratch(arena: &$0, batch: Self.batch, channels: Self.channels, constants: constants)
    }
    let dOutput = signal()
    let stage = bench.lay {
      StageScratch(arena: &$0, batch: Self.batch, dOutput: dOutput)
    }
    let objective = RandomObjective(bench.windows(cache.out))
    block.forward(x, cache, scratch, bench.pass)
    objective.putGradient(into: bench.windows(stage.dOutput))
    block.backward(x, cache, stage, scratch, bench.pass)
    expectGradients(bench.tensors + bench.differentiated("x", x, by: stage.dOutput), of: objective) {
      block.forward(x, cache, scratch, bench.pass)
    }
  }

  @Test func stagesGradientsAgreeWithDifferences() {
    let (stage, bench) = Self.stage(inputs: 3, blocks: 2, halves: true)
    let x = bench.randomSignal(length: 16, channels: 3, padding: 8)
    let dx = bench.signal(length: 16, channels: 3, padding: 8)
    let cache = Self.cache(stage, bench, length: 8)
    let objective = RandomObjective(bench.windows(cache.output))
    stage.forward(x, cache, bench.pass)
    objective.putGradient(into: bench.windows(cache.backward.dOutput))
    stage.backward(x, cache, dInput: dx, bench.pass)
    expectGradients(bench.tensors + bench.differentiated("x", x, by: dx), of: objective) {
      stage.forward(x, cache, bench.pass)
    }
  }

  @Test func stageWithoutHalvingLeavesItsInputsGradientInPlace() {
    let (stage, bench) = Self.stage(inputs: Self.channels, blocks: 1, halves: false)
    let x = bench.randomSignal(length: 8, channels: Self.channels, padding: 4)
    let cache = Self.cache(stage, bench, length: 8)
    let objective = RandomObjective(bench.windows(cache.output))
    stage.forward(x, cache, bench.pass)
    objective.putGradient(into: bench.windows(cache.backward.dOutput))
    stage.backward(x, cache, dInput: nil, bench.pass)
    expectGradients(bench.tensors + bench.differentiated("x", x, by: cache.backward.dOutput), of: objective) {
      stage.forward(x, cache, bench.pass)
    }
  }

  private static func stage(inputs: Int, blocks: Int, halves: Bool) -> (Stage, LayerBench) {
    var layout = ParameterLayout()
    let stage = Stage(
      "stage", .standard, inputs: inputs, channels: channels, blocks: blocks, halves: halves, layout: &layout)
    return (stage, LayerBench(layout, batch: batch))
  }

  private static func cache(_ stage: Stage, _ bench: LayerBench, length: Int) -> Stage.Cache {
    let constants = bench.constants(width: channels)
    let output = bench.signal(length: length, channels: channels, padding: 4)
    let dOutput = bench.signal(length: length, channels: channels, padding: 4)
    let backward = bench.lay { StageScratch(arena: &$0, batch: batch, dOutput: dOutput) }
    return bench.lay {
      Stage.Cache(stage, arena: &$0, batch: batch, output: output, constants: constants, backward: backward)
    }
  }
}
