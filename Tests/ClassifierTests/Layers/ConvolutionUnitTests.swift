import Foundation
import Testing

@testable import Classifier

/// Convolution, BatchNorm and mish together, and the projection, which has no mish.
@Suite struct ConvolutionUnitTests {
  private static let batch = 2

  @Test(arguments: ConvolutionShape.all.filter { $0.length / $0.stride > 1 })
  func gradientsAgreeWithDifferences(shape: ConvolutionShape) {
    var layout = ParameterLayout()
    let unit = Self.unit(shape, &layout)
    let bench = LayerBench(layout, batch: Self.batch)
    let (length, padding) = (shape.length / shape.stride, shape.padding / shape.stride)
    let x = bench.randomSignal(length: shape.length, channels: shape.inputs, padding: shape.padding)
    let dx = bench.signal(length: shape.length, channels: shape.inputs, padding: shape.padding)
    let cache = Self.cache(bench, length: length, channels: shape.outputs, padding: padding)
    let dOutput = bench.signal(length: length, channels: shape.outputs, padding: padding)
    let scratch = bench.lay {
      StageScratch(arena: &$0, batch: Self.batch, dOutput: dOutput)
    }
    let objective = RandomObjective(bench.windows(cache.h))
    unit.forward(x, cache, bench.pass)
    objective.putGradient(into: bench.windows(scratch.dOutput))
    unit.backward(x, cache, dOutput: scratch.dOutput, scratch, bench.pass)
    unit.convolution.backwardInput(dx, dOutput: scratch.dConvolution, accumulate: false, bench.pass)
    expectGradients(bench.tensors + bench.differentiated("x", x, by: dx), of: objective) {
      unit.forward(x, cache, bench.pass)
    }
  }

  @Test func projectionsGradientsAgreeWithDifferences() {
    var layout = ParameterLayout()
    let projection = Projection("proj", inputs: 4, dim: 3, layout: &layout)
    let bench = LayerBench(layout, batch: Self.batch)
    let x = bench.randomSignal(length: 6, channels: 4, padding: 4)
    let dx = bench.signal(length: 6, channels: 4, padding: 4)
    let cache = bench.lay {
      Projection.Cache(projection, arena: &$0, batch: Self.batch, tokens: 6, padding: 4)
    }
    let (tokens, dTokens) = (bench.matrix(12, 3), bench.matrix(12, 3))
    let objective = RandomObjective([tokens])
    projection.forward(x, cache, tokens: tokens, bench.pass)
    objective.putGradient(into: [dTokens])
    projection.backward(x, cache, dTokens: dTokens, dInput: dx, bench.pass)
    expectGradients(bench.tensors + bench.differentiated("x", x, by: dx), of: objective) {
      projection.forward(x, cache, tokens: tokens, bench.pass)
    }
  }

  /// With the identity as convolution, weight 1 and bias 0, a channel that takes the values 1, 3 has the mean 2 and the
  /// deviation 1, so the norm gives ∓1/√(1 + 1e-5).
  @Test func trainingNormalisesByTheBatchesOwnStatistics() {
    let (unit, bench) = Self.identityUnit()
    let x = bench.signal(length: 2, channels: 1, padding: 4)
    for b in 0..<Self.batch {
      (x.window(b)[0, 0], x.window(b)[1, 0]) = (1, 3)
    }
    let cache = Self.cache(bench, length: 2, channels: 1, padding: 4)
    unit.forward(x, cache, bench.pass)
    for b in 0..<Self.batch {
      #expect(abs(cache.h.window(b)[0, 0] - Self.mish(-0.999995)) < 1e-6)
      #expect(abs(cache.h.window(b)[1, 0] - Self.mish(0.999995)) < 1e-6)
    }
    // What the running estimates are to move by: the mean, and the variance unbiased, 4/3.
    #expect(bench.pass.gradients.statistics[0] == 2)
    #expect(abs(bench.pass.gradients.statistics[1] - 4 / 3) < 1e-6)
  }

  @Test func aConstantChannelDoesNotDivideByZero() {
    let (unit, bench) = Self.identityUnit()
    let x = bench.signal(length: 4, channels: 1, padding: 4)
    bench.windows(x).forEach { $0.fill(7) }
    let cache = Self.cache(bench, length: 4, channels: 1, padding: 4)
    unit.forward(x, cache, bench.pass)
    #expect(bench.windows(cache.h).allSatisfy { window in (0..<4).allSatisfy { window[$0, 0] == 0 } })
  }

  private static func unit(_ shape: ConvolutionShape, _ layout: inout ParameterLayout) -> ConvolutionUnit {
    let convolution = Convolution(
      "conv", inputs: shape.inputs, outputs: shape.outputs, width: shape.width, dilation: shape.dilation,
      stride: shape.stride, layout: &layout)
    return ConvolutionUnit(
      convolution: convolution, norm: BatchNorm("norm", channels: shape.outputs, layout: &layout))
  }

  private static func identityUnit() -> (ConvolutionUnit, LayerBench) {
    var layout = ParameterLayout()
    let unit = unit(ConvolutionShape(inputs: 1, outputs: 1, width: 1), &layout)
    let bench = LayerBench(layout, batch: batch)
    for (tensor, value) in zip(bench.tensors, [1, 1, 0] as [Float]) {
      tensor.values.fill(value)  // convolution, weight, bias
    }
    return (unit, bench)
  }

  private static func cache(_ bench: LayerBench, length: Int, channels: Int, padding: Int) -> ConvolutionUnit.Cache {
    ConvolutionUnit.Cache(
      y: bench.signal(length: length, channels: channels, padding: padding),
      h: bench.signal(length: length, channels: channels, padding: padding),
      affine: bench.lay { BatchNorm.Affine(arena: &$0, batch: batch, channels: channels) })
  }

  private static func mish(_ v: Float) -> Float { v * tanh(log1p(exp(v))) }
}
