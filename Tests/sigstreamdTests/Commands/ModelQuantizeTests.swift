import ArgumentParser
import Classifier
import Foundation
import StreamIO
import Testing

@testable import sigstreamd

/// `model quantize`: from a model and recordings to an 8-bit model.
struct ModelQuantizeTests {
  private let folder: DatasetFolder

  init() throws {
    folder = try DatasetFolder()
    let model = Model(
      architecture: Preset.tiny.architecture(inputChannels: 1, classes: 2), labels: ["N", "V"],
      input: InputSpecification(sampleRate: 0, window: 64, normalisation: .window), seed: 1)
    _ = try model.save(path: path("m.safetensors"))
    let samples = (0..<640).map { Float(sin(Double($0 * $0) / 50)) }
    try NumPyArray(shape: [640], floats: samples).write(path: path("a.npy"))
    try NumPyArray(shape: [640], floats: samples.reversed()).write(path: path("b.npy"))
  }

  private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

  private func quantize(_ arguments: [String]) throws {
    try ModelCommand.Quantize.parse(arguments).run()
  }

  @Test func theFileIsServedInInt8WhereverItsNameStands() throws {
    try quantize([path("m.safetensors"), path("one.safetensors"), "--calibrate", path("a.npy"), path("b.npy")])
    try quantize([path("m.safetensors"), "--calibrate", path("a.npy"), path("b.npy"), path("two.safetensors")])
    let (one, two) = try (Model.load(path: path("one.safetensors")), Model.load(path: path("two.safetensors")))
    #expect(one.identity == two.identity)
    #expect(one.quantisation?.activations.isEmpty == false)
    _ = try PackedModel(one, precision: .int8)
  }

  @Test func aCutFileIsRefusedAtEveryTruncation() throws {
    try quantize([path("m.safetensors"), path("one.safetensors"), "--calibrate", path("a.npy")])
    let bytes = try Data(contentsOf: URL(filePath: path("one.safetensors")))
    for length in stride(from: 0, to: bytes.count, by: 997) {
      try bytes.prefix(length).write(to: URL(filePath: path("cut.safetensors")))
      #expect(throws: CheckpointError.self) { try Model.load(path: path("cut.safetensors")) }
    }
  }

  @Test func mistakesAreExplained() throws {
    try quantize([path("m.safetensors"), path("one.safetensors"), "--calibrate", path("a.npy")])
    let again = #expect(throws: CommandFailure.self) {
      try quantize([path("one.safetensors"), path("two.safetensors"), "--calibrate", path("a.npy")])
    }
    #expect(again?.message.contains("is an 8-bit model already") == true)
    let onto = #expect(throws: CommandFailure.self) {
      try quantize([path("m.safetensors"), path("m.safetensors"), "--calibrate", path("a.npy")])
    }
    #expect(onto?.exitCode == .usage)
    #expect(throws: (any Error).self) {
      try ModelCommand.Quantize.parse([path("m.safetensors"), "--calibrate", path("a.npy")])
    }
  }
}
