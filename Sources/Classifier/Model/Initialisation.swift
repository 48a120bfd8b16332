import Glibc

/// Random weights to start training from: linear weights normal with σ = 0.02, truncated at 2σ; convolutions Kaiming
/// normal by fan-out (He et al. 2015), σ = √(2 / (out · k)), √(2 / k) where each channel has its own; norms 1, biases 0, running variance 1.
enum Initialisation {
  static func parameters(_ layout: ParameterLayout, seed: UInt64) -> [Float] {
    var generator = SplitMix64(seed: seed)
    var values = [Float](repeating: 0, count: layout.totalCount)
    for tensor in layout.tensors {
      for i in layout.range(of: tensor) {
        values[i] = value(of: tensor, &generator)
      }
    }
    return values
  }

  private static func value(of tensor: TensorSpecification, _ generator: inout SplitMix64) -> Float {
    switch tensor.role {
    case .linear:
      var draw = normal(&generator)
      while abs(draw) > 2 {
        draw = normal(&generator)
      }
      return Float(0.02 * draw)
    case .convolution:
      return kaiming(fanOut: tensor.shape[0] * tensor.shape[2], &generator)
    case .depthwise:
      return kaiming(fanOut: tensor.shape[2], &generator)
    case .vector:
      return tensor.name.hasSuffix(".weight") ? 1 : 0
    case .statistic:
      return tensor.name.hasSuffix(".running_var") ? 1 : 0
    case .batchCount:
      return 0
    }
  }

  private static func kaiming(fanOut: Int, _ generator: inout SplitMix64) -> Float {
    Float((2 / Double(fanOut)).squareRoot() * normal(&generator))
  }

  /// A standard normal draw (Box and Muller 1958).
  static func normal(_ generator: inout SplitMix64) -> Double {
    let radius = (-2 * log(1 - generator.uniform())).squareRoot()
    return radius * cos(2 * .pi * generator.uniform())
  }
}
