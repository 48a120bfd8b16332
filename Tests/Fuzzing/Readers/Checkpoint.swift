import Foundation
import FuzzDriver

@testable import Classifier

extension Readers {
  static let checkpoints = [container, checkpoint]

  /// A `.safetensors` file. What is read is written as a file that says the same.
  private static let container = Fuzzer("safetensors", seeds: [smallestContainer]) { bytes in
    let file = try Safetensors(parsing: Data(bytes))
    let tensors = file.entries.map { name, entry in
      (name: name, dtype: entry.dtype, shape: entry.shape, bytes: file.bytes(of: entry))
    }
    let again = try Safetensors(parsing: Safetensors.encode(metadata: file.metadata, tensors: tensors))
    require(again.metadata == file.metadata && again.entries.count == tensors.count, "all of it is written")
    for (name, dtype, shape, bytes) in tensors {
      guard let entry = again.entries[name] else { fatalError("broken: tensor \(name) is written") }
      require(entry.dtype == dtype && entry.shape == shape && again.bytes(of: entry) == bytes, "as it was read")
    }
  }

  /// A model, out of the values of `keys` and bytes that are put over the first ones of the smallest model's tensors; a value
  /// that is empty is not there.
  ///
  /// Without the container's header, which has a fuzzer of its own: for a model it has 12 kB, and takes most of the time.
  private static let checkpoint = Fuzzer("checkpoint", seeds: layouts.map(input)) { bytes in
    let values = parts(bytes)
    var metadata: [String: String] = [:]
    for (key, value) in zip(keys, values) where !value.isEmpty {
      metadata[key] = String(decoding: value, as: UTF8.self)
    }
    let layout = metadata["quantisation"] != nil ? layouts[1] : metadata["members"] != nil ? layouts[2] : layouts[0]
    let weights = Data(joined(Array(values.dropFirst(keys.count))).prefix(layout.data.count))
    let data = weights + layout.data.dropFirst(weights.count)
    let model = try Model.parse(Safetensors(metadata: metadata, entries: layout.file.entries, data: data))
    require(model.problem == nil, "a model that is loaded is whole")
    // Not each: reading a whole file takes ten times as long.
    guard bytes.count.isMultiple(of: 64) else { return }
    let again = try Model.parse(model.encode())
    // Weights of 8 bits get new scales, which suit them.
    require(model.quantisation != nil || again.parameters == model.parameters, "a model that is saved loads again")
  }

  private static var smallestContainer: [UInt8] {
    Array(
      Safetensors.encode(
        metadata: ["format": "pt", "é": "\u{1}\"\\"],
        tensors: [
          ("a", "F32", [2, 1], Data(0..<8)), ("b", "I64", [], Data(0..<8)), ("c", "BF16", [0, 7], Data()),
          ("d", "F8_E4M3", [3], Data(0..<3)),
        ]))
  }

  private static let keys = [
    "format", "version", "architecture", "labels", "input", "novelty", "quantisation", "members", "training",
  ]

  /// With anomaly statistics, in 8 bits, and as an ensemble.
  private static let models: [Model] = {
    let architecture = Architecture(
      inputChannels: 1, channels: [4, 4, 4, 4], blocks: [1, 1, 1, 1], dim: 2, heads: 1, layers: 1, feedForward: 1,
      classes: 2)
    let input = InputSpecification(sampleRate: 100, window: 16, normalisation: .fixed, mean: [0.5], std: [2])
    let plain = Model(architecture: architecture, labels: ["calm", "loud"], input: input, seed: 1)
    var (novel, quantised, ensemble) = (plain, plain, plain)
    novel.novelty = NoveltyStatistics(
      dim: 2, shrinkage: 0.1, means: PackedFloats([1, 2, 3, 4]), whitening: PackedFloats([1, 0, 0.5, 1]),
      calibration: PackedFloats([0.5, 1, 2]))
    quantised.quantisation = Quantisation(activations: ["stem.conv": Quantisation.Range(step: 0.1, zero: 128)])
    ensemble.others = [Model.Member(parameters: plain.parameters, batchesTracked: 1)]
    return [novel, quantised, ensemble]
  }()

  private static let files = models.map { model in
    do {
      return try Safetensors(parsing: model.encode())
    } catch {
      fatalError("broken: a model is written: \(error)")
    }
  }

  /// The file of each model, and the bytes of its tensors as they lie.
  private static let layouts = files.map { file in
    let entries = file.entries.values.sorted { $0.dataOffsets.lexicographicallyPrecedes($1.dataOffsets) }
    return (file: file, data: entries.reduce(into: Data()) { $0 += file.bytes(of: $1) })
  }

  /// The input that stands for a model's file, with the first of its weights.
  private static func input(_ layout: (file: Safetensors, data: Data)) -> [UInt8] {
    joined(keys.map { Array((layout.file.metadata[$0] ?? "").utf8) } + [Array(layout.data.prefix(64))])
  }
}
