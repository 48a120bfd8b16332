@testable import Classifier

/// Weights that depend on a tensor's name and shape alone: the same as tools/reference/make_goldens.py makes, so that
/// large models need not be committed.
enum GeneratedWeights {
  static func model(_ architecture: Architecture, window: Int) -> Model {
    let layout = Network(architecture).layout
    var values = [Float](repeating: 0, count: layout.totalCount)
    for tensor in layout.tensors where tensor.role != .batchCount {
      // Drawn in the file's order, so written as they are (as a vector is) and decoded into memory's order.
      let bytes = TensorBytes.encode(asVector(tensor), ArraySlice(self.values(tensor)))
      TensorBytes.decode(tensor, bytes, into: &values, at: layout.range(of: tensor).lowerBound)
    }
    return Model(
      architecture: architecture, labels: (0..<architecture.classes).map(String.init),
      input: InputSpecification(sampleRate: 0, window: window, normalisation: .none), parameters: values)
  }

  /// `tiny` with separable convolutions.
  static func separable(window: Int) -> Model {
    var architecture = Preset.tiny.architecture(inputChannels: 1, classes: 10)
    architecture.convolution = .separable
    return model(architecture, window: window)
  }

  /// In the file's order.
  static func values(_ tensor: TensorSpecification) -> [Float] {
    var state: UInt64 = 0xcbf2_9ce4_8422_2325
    for byte in tensor.name.utf8 {
      state = (state ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    var generator = SplitMix64(seed: state)
    return (0..<tensor.slot.count).map { _ in Float(value(tensor, generator.uniform())) }
  }

  private static func value(_ tensor: TensorSpecification, _ u: Double) -> Double {
    if tensor.name.hasSuffix("running_var") { return 0.5 + u }
    if tensor.name.hasSuffix("running_mean") { return 0.2 * (2 * u - 1) }
    switch tensor.shape.count {
    case 1: return tensor.name.hasSuffix(".weight") ? 0.8 + 0.4 * u : 0.1 * (2 * u - 1)
    case 3: return (2 * u - 1) * (6 / Double(tensor.shape[1] * tensor.shape[2])).squareRoot()
    default: return (2 * u - 1) * (3 / Double(tensor.shape[1])).squareRoot()
    }
  }

  private static func asVector(_ tensor: TensorSpecification) -> TensorSpecification {
    TensorSpecification(name: tensor.name, shape: [tensor.slot.count], role: .vector, slot: tensor.slot)
  }
}
