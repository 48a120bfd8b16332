import Testing

@testable import Classifier

struct ConvolutionShape: Sendable, CustomTestStringConvertible {
  var inputs: Int
  var outputs: Int
  var width: Int
  var dilation = 1
  var stride = 1
  var length = 16
  var padding = 8

  var testDescription: String {
    "\(inputs)→\(outputs), k \(width), dilation \(dilation), stride \(stride), L \(length)"
  }

  /// Each kind of convolution in the network, and windows as short as a kernel's reach.
  static let all = [
    ConvolutionShape(inputs: 1, outputs: 4, width: 15, length: 24, padding: 32),
    ConvolutionShape(inputs: 3, outputs: 4, width: 15, length: 8, padding: 32),
    ConvolutionShape(inputs: 3, outputs: 5, width: 3), ConvolutionShape(inputs: 2, outputs: 2, width: 3, length: 1),
    ConvolutionShape(inputs: 3, outputs: 2, width: 3, dilation: 2),
    ConvolutionShape(inputs: 2, outputs: 3, width: 3, dilation: 4, length: 4, padding: 4),
    ConvolutionShape(inputs: 3, outputs: 4, width: 3, stride: 2),
    ConvolutionShape(inputs: 2, outputs: 3, width: 3, stride: 2, length: 2, padding: 8),
    ConvolutionShape(inputs: 5, outputs: 3, width: 1, padding: 4),
  ]
}

@Suite struct ConvolutionTests {
  private static let batch = 3

  private struct Setup {
    let convolution: Convolution
    let bench: LayerBench
    let x, y: Signal

    init(_ shape: ConvolutionShape) {
      var layout = ParameterLayout()
      convolution = Convolution(
        "conv", inputs: shape.inputs, outputs: shape.outputs, width: shape.width, dilation: shape.dilation,
        stride: shape.stride, layout: &layout)
      bench = LayerBench(layout, batch: ConvolutionTests.batch)
      x = bench.randomSignal(length: shape.length, channels: shape.inputs, padding: shape.padding)
      y = bench.signal(
        length: shape.length / shape.stride, channels: shape.outputs, padding: shape.padding / shape.stride)
    }
  }

  /// The definition, sample by sample, with PyTorch's `[out, in, k]` indices; memory holds `[out, k, in]`.
  @Test(arguments: ConvolutionShape.all)
  func computesTheDefinition(shape: ConvolutionShape) {
    let setup = Setup(shape)
    setup.convolution.forward(setup.x, into: setup.y, setup.bench.pass)
    let weights = setup.bench.tensors[0].values
    var worst = 0.0
    for b in 0..<Self.batch {
      let (x, y) = (setup.x.window(b), setup.y.window(b))
      for j in 0..<shape.length / shape.stride {
        for o in 0..<shape.outputs {
          var sum = 0.0
          for t in 0..<shape.width {
            let source = shape.stride * j + (t - shape.width / 2) * shape.dilation
            guard (0..<shape.length).contains(source) else { continue }
            for i in 0..<shape.inputs {
              sum += Double(weights[0, (o * shape.width + t) * shape.inputs + i]) * Double(x[source, i])
            }
          }
          worst = max(worst, abs(sum - Double(y[j, o])))
        }
      }
    }
    #expect(worst < 1e-5)
  }

  @Test(arguments: ConvolutionShape.all)
  func gradientsAgreeWithDifferences(shape: ConvolutionShape) {
    let setup = Setup(shape)
    let (bench, convolution) = (setup.bench, setup.convolution)
    let dx = bench.signal(length: shape.length, channels: shape.inputs, padding: shape.padding)
    let dy = bench.signal(length: setup.y.length, channels: shape.outputs, padding: setup.y.padding)
    let objective = RandomObjective(bench.windows(setup.y))
    convolution.forward(setup.x, into: setup.y, bench.pass)
    objective.putGradient(into: bench.windows(dy))
    convolution.backwardWeights(setup.x, dOutput: dy, bench.pass)
    convolution.backwardInput(dx, dOutput: dy, accumulate: false, bench.pass)
    expectGradients(bench.tensors + bench.differentiated("x", setup.x, by: dx), of: objective) {
      convolution.forward(setup.x, into: setup.y, bench.pass)
    }
  }

  @Test func inputGradientsAddUpWhenAsked() {
    let shape = ConvolutionShape(inputs: 2, outputs: 2, width: 3)
    let setup = Setup(shape)
    let bench = setup.bench
    let once = bench.signal(length: shape.length, channels: shape.inputs, padding: shape.padding)
    let twice = bench.signal(length: shape.length, channels: shape.inputs, padding: shape.padding)
    let dy = bench.randomSignal(length: shape.length, channels: shape.outputs, padding: shape.padding)
    setup.convolution.backwardInput(once, dOutput: dy, accumulate: false, bench.pass)
    setup.convolution.backwardInput(twice, dOutput: dy, accumulate: false, bench.pass)
    setup.convolution.backwardInput(twice, dOutput: dy, accumulate: true, bench.pass)
    for (a, b) in zip(bench.windows(once), bench.windows(twice)) {
      #expect((0..<a.count).allSatisfy { abs(2 * a.base[$0] - b.base[$0]) < 1e-5 })
    }
  }

  @Test(arguments: ConvolutionShape.all)
  func aWindowDoesNotSeeItsNeighbours(shape: ConvolutionShape) {
    let setup = Setup(shape)
    setup.convolution.forward(setup.x, into: setup.y, setup.bench.pass)
    let middle = setup.y.window(1)
    let before = values(middle.base, middle.count)
    setup.x.window(0).fill(1e6)
    setup.x.window(2).fill(-1e6)
    setup.convolution.forward(setup.x, into: setup.y, setup.bench.pass)
    #expect(values(middle.base, middle.count) == before)
  }
}
