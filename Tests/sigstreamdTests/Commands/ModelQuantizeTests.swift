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

  @Test func noRecordingIsTakenForTheOutput() throws {
    let before = try Data(contentsOf: URL(filePath: path("b.npy")))
    for recordings in [["a.npy", "b.npy"], ["a.npy"]] {
      expectFailure("Name the file to write at the end") {
        try quantize([path("m.safetensors"), "--calibrate"] + recordings.map(path))
      }
    }
    expectFailure("b.npy: is given for two files, one of them to be written: name another") {
      try quantize([path("m.safetensors"), path("b.npy"), "--calibrate", path("a.npy"), path("b.npy")])
    }
    let archive = path("c.npz")
    try before.write(to: URL(filePath: archive))
    expectFailure("c.npz: is given for two files") {
      try quantize([path("m.safetensors"), archive, "--calibrate", "\(archive):x"])
    }
    expectFailure("Give recordings with --calibrate") {
      try quantize([path("m.safetensors"), "--calibrate", path("one.safetensors")])
    }
    #expect(try Data(contentsOf: URL(filePath: path("b.npy"))) == before)
  }

  @Test func theFileThatWasWrittenIsNamed() throws {
    let model = try Model.load(path: path("m.safetensors"))
    let windows = [(0..<64).map { Float($0 % 5) }]
    let quantised = try Quantiser.quantise(model, windows: windows).save(path: path("q.safetensors"))
    let report = try QuantisationReport(
      model, quantised, path: path("q.safetensors"), windows: windows, test: nil, threads: 1)
    #expect(report.text.hasPrefix("\(path("q.safetensors")): "))
    #expect(report.text.contains("; calibrated on 1 windows, "))
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
