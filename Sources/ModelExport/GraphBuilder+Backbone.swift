import Classifier

/// From raw samples to tokens.
extension GraphBuilder {
  /// The model's first layer: scales raw samples `[B, C, L]`.
  mutating func scaled(_ windows: Value, _ input: InputSpecification) -> Value {
    switch input.normalisation {
    case .none:
      return windows
    case .fixed:
      let shape = [1, input.mean.count, 1]
      let centred = node("Sub", [windows, constant("input.mean", input.mean, shape: shape)], "input.centred")
      return node("Div", [centred, constant("input.std", input.std, shape: shape)], "input")
    case .window:
      // Centred twice: in float32 the first mean of samples far from 0 is off by more than a flat window may keep.
      let near = node("Sub", [windows, mean(windows, axis: 2, "input.offset")], "input.near")
      let centred = node("Sub", [near, mean(near, axis: 2, "input.rest")], "input.centred")
      let square = node("Mul", [centred, centred], "input.square")
      let deviation = node("Sqrt", [mean(square, axis: 2, "input.variance")], "input.deviation")
      let divisor = node("Add", [deviation, constant("input.epsilon", [1e-6])], "input.divisor")
      return node("Div", [centred, divisor], "input")
    }
  }

  /// Scaled samples `[B, C, L]` → tokens `[B, T, D]`.
  mutating func backbone(_ input: Value, _ architecture: Architecture) -> Value {
    var x = mish(convolution(input, "stem.conv", norm: "stem.norm"), "stem")
    for (i, blocks) in architecture.blocks.enumerated() {
      if i > 0 {
        let down = "stages.\(i).down"
        x = mish(convolution(x, "\(down).conv", norm: "\(down).norm", stride: 2), down)
      }
      for j in 0..<blocks {
        x = residualBlock(x, "stages.\(i).blocks.\(j)", architecture.convolution, dilation: 1 << (j % 3))
      }
    }
    let projected = convolution(x, "proj.conv", norm: "proj.norm")
    return node("Transpose", [projected], "proj", .integers("perm", [0, 2, 1]))
  }

  private mutating func residualBlock(
    _ x: Value, _ name: String, _ kind: Architecture.ConvolutionKind, dilation: Int
  ) -> Value {
    func convolved(_ x: Value, _ number: Int, _ graph: inout GraphBuilder) -> Value {
      let (convolution, norm) = ("\(name).conv\(number)", "\(name).norm\(number)")
      return switch kind {
      case .standard:
        graph.convolution(x, convolution, norm: norm, dilation: dilation)
      case .separable:
        graph.convolution(
          graph.depthwise(x, "\(convolution).depthwise", dilation: dilation), "\(convolution).pointwise", norm: norm)
      }
    }
    let first = convolved(x, 1, &self)
    let second = convolved(mish(first, "\(name).mish1"), 2, &self)
    let gated = node("Mul", [second, gate(second, "\(name).se")], "\(name).se")
    return mish(node("Add", [gated, x], "\(name).sum"), name)
  }

  /// Squeeze-and-excitation's gate `[B, c, 1]` of `[B, c, L]`; its linear layers are convolutions of width 1 here.
  private mutating func gate(_ x: Value, _ name: String) -> Value {
    func linear(_ x: Value, _ layer: String, _ graph: inout GraphBuilder) -> Value {
      let shape = graph.tensor("\(layer).weight").shape + [1]
      let weight = graph.checkpointConstant("\(layer).weight", shape: shape)
      return graph.node("Conv", [x, weight, graph.checkpointConstant("\(layer).bias")], layer)
    }
    let means = node("GlobalAveragePool", [x], "\(name).mean")
    let reduced = mish(linear(means, "\(name).reduce", &self), "\(name).mish")
    return node("Sigmoid", [linear(reduced, "\(name).expand", &self)], "\(name).gate")
  }
}
