import Foundation
import FuzzDriver

@testable import Classifier

extension Readers {
  /// A `.safetensors` file, as a model. What loads is finite, and is written as bytes that load again.
  static let checkpoint = Fuzzer("checkpoint", seeds: [smallest()].compactMap { $0 }) { bytes in
    let model = try Model.parse(Data(bytes))
    require(model.problem == nil, "a model that is loaded is whole")
    require(try Model.parse(model.encode()).parameters == model.parameters, "a model that is saved loads again")
  }

  private static func smallest() -> [UInt8]? {
    let architecture = Architecture(
      inputChannels: 1, channels: [4, 4, 4, 4], blocks: [1, 1, 1, 1], dim: 2, heads: 1, layers: 1, feedForward: 1,
      classes: 2)
    let input = InputSpecification(sampleRate: 100, window: 16, normalisation: .fixed, mean: [0.5], std: [2])
    return try? Array(Model(architecture: architecture, labels: ["calm", "loud"], input: input, seed: 1).encode())
  }
}
