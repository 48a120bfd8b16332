import Testing

@testable import Classifier

/// Linear, RMSNorm, the feed-forward part and the head.
@Suite struct LinearTests {
  @Test func linearMultipliesByTheTransposedMatrixAndAddsTheBias() {
    var layout = ParameterLayout()
    let linear = Linear("linear", inputs: 2, outputs: 3, layout: &layout)
    let bench = LayerBench(layout, batch: 1)
    put([1, 2, 3, 4, 5, 6], into: bench.tensors[0].values)
    put([0.5, -1, 10], into: bench.tensors[1].values)
    let (x, y) = (bench.matrix(2, 2), bench.matrix(2, 3))
    put([1, 10, -1, 2], into: x)
    linear.forward(x, into: y, bench.pass)
    #expect(values(y.base, 6) == [21.5, 42, 75, 3.5, 4, 17])
    linear.forward(x, into: y, accumulate: true, bench.pass)
    #expect(values(y.base, 6) == [43, 84, 150, 7, 8, 34])
  }

  @Test func linearsGradientsAgreeWithDifferences() {
    var layout = ParameterLayout()
    let linear = Linear("linear", inputs: 5, outputs: 3, layout: &layout)
    let bench = LayerBench(layout, batch: 1)
    let (x, y) = (bench.randomMatrix(4, 5), bench.matrix(4, 3))
    let (dx, dy) = (bench.matrix(4, 5), bench.matrix(4, 3))
    let objective = RandomObjective([y])
    objective.putGradient(into: [dy])
    linear.backward(x, dx: dx, dy: dy, bench.pass)
    expectGradients(bench.tensors + [Differentiated(name: "x", values: x, gradient: dx)], of: objective) {
      linear.forward(x, into: y, bench.pass)
    }
  }

  @Test func linearWithMishsGradientsAgreeWithDifferences() {
    var layout = ParameterLayout()
    let linear = Linear("linear", inputs: 5, outputs: 3, layout: &layout)
    let bench = LayerBench(layout, batch: 1)
    let constants = bench.constants(width: 5)
    let x = bench.randomMatrix(4, 5)
    let (y, h) = (bench.matrix(4, 3), bench.matrix(4, 3))
    let (dx, dh) = (bench.matrix(4, 5), bench.matrix(4, 3))
    let objective = RandomObjective([h])
    linear.forwardMish(x, y: y, h: h, ones: constants.ones, bench.pass)
    objective.putGradient(into: [dh])
    linear.backwardMish(x, y: y, dx: dx, dh: dh, accumulate: false, scratch: constants, bench.pass)
    expectGradients(bench.tensors + [Differentiated(name: "x", values: x, gradient: dx)], of: objective) {
      linear.forwardMish(x, y: y, h: h, ones: constants.ones, bench.pass)
    }
  }

  @Test func rmsNormsGradientsAgreeWithDifferences() {
    var layout = ParameterLayout()
    let norm = RMSNorm("norm", dim: 7, layout: &layout)
    let bench = LayerBench(layout, batch: 1)
    let (x, y) = (bench.randomMatrix(3, 7), bench.matrix(3, 7))
    let (dx, dy) = (bench.matrix(3, 7), bench.matrix(3, 7))
    let inverse = bench.lay { $0.floats(3) }
    let objective = RandomObjective([y])
    norm.forward(x, into: y, inverse: inverse, bench.pass)
    objective.putGradient(into: [dy])
    norm.backward(x, dx: dx, dy: dy, inverse: inverse, bench.pass)
    expectGradients(bench.tensors + [Differentiated(name: "x", values: x, gradient: dx)], of: objective) {
      norm.forward(x, into: y, inverse: inverse, bench.pass)
    }
  }

  @Test func feedForwardsGradientsAgreeWithDifferences() {
    var layout = ParameterLayout()
    let feedForward = FeedForward("ff", dim: 4, width: 6, layout: &layout)
    let bench = LayerBench(layout, batch: 1)
    let (x, y) = (bench.randomMatrix(5, 4), bench.matrix(5, 4))
    let (dx, dy) = (bench.matrix(5, 4), bench.matrix(5, 4))
    let cache = bench.lay { FeedForward.Cache(arena: &$0, rows: 5, width: 6) }
    let scratch = bench.lay { FeedForward.Cache(arena: &$0, rows: 5, width: 6) }
    let objective = RandomObjective([y])
    feedForward.forward(x, into: y, accumulate: false, cache, bench.pass)
    objective.putGradient(into: [dy])
    feedForward.backward(x, dx: dx, dy: dy, cache, scratch: scratch, bench.pass)
    expectGradients(bench.tensors + [Differentiated(name: "x", values: x, gradient: dx)], of: objective) {
      feedForward.forward(x, into: y, accumulate: false, cache, bench.pass)
    }
  }

  @Test(arguments: [0, 0.3] as [Float])
  func headsGradientsAgreeWithDifferences(dropout: Float) {
    var layout = ParameterLayout()
    let head = Head("head", dim: 8, classes: 3, layout: &layout)
    let bench = LayerBench(layout, batch: 3, dropout: dropout)
    let constants = bench.constants(width: 8)
    let (z, logits) = (bench.randomMatrix(3, 8), bench.matrix(3, 3))
    let (dz, dLogits) = (bench.matrix(3, 8), bench.matrix(3, 3))
    let cache = bench.lay { Head.Cache(arena: &$0, batch: 3, dim: 8) }
    let objective = RandomObjective([logits])
    head.forward(z, into: logits, cache, constants, bench.pass)
    objective.putGradient(into: [dLogits])
    head.backward(dz: dz, dLogits: dLogits, cache, constants, bench.pass)
    expectGradients(bench.tensors + [Differentiated(name: "z", values: z, gradient: dz)], of: objective) {
      head.forward(z, into: logits, cache, constants, bench.pass)
    }
  }

  private func put(_ numbers: [Float], into matrix: Matrix) {
    for (i, number) in numbers.enumerated() { matrix.base[i] = number }
  }
}
