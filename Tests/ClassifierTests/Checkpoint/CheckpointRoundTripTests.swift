import Foundation
import Glibc
import Testing

@testable import Classifier

@Suite struct CheckpointRoundTripTests {
  private let folder: TemporaryFolder

  init() throws {
    folder = try TemporaryFolder()
  }

  private func expectEqual(_ a: Model, _ b: Model) {
    #expect(a.architecture == b.architecture)
    #expect(a.labels == b.labels)
    #expect(a.input == b.input)
    #expect(a.training == b.training)
    #expect(a.novelty == b.novelty)
    #expect(a.identity == b.identity)
    #expect(a.batchesTracked == b.batchesTracked)
    #expect(a.parameters.map(\.bitPattern) == b.parameters.map(\.bitPattern))
  }

  private func richModel() -> Model {
    var model = Model.smallest()
    model.labels = ["normal \"N\"", "Extrasystole / vorzeitig: é 日本"]
    model.training = #"{"epochs":3,"note":"tab\there"}"#
    model.batchesTracked = 1234
    model.novelty = NoveltyStatistics(
      dim: 2, shrinkage: 0.25, means: PackedFloats([1, 2, -3, 4]), whitening: PackedFloats([1, 0, 0.5, 2]),
      calibration: PackedFloats([0.5, 1, 7]))
    model.parameters[0] = -0.0
    model.parameters[1] = .leastNonzeroMagnitude
    model.parameters[2] = .greatestFiniteMagnitude
    return model
  }

  @Test func aSavedModelLoadsAsItWas() throws {
    for model in [Model.smallest(), richModel()] {
      let saved = try model.save(path: folder.path("model.safetensors"))
      expectEqual(saved, try Model.load(path: folder.path("model.safetensors")))
    }
  }

  @Test func identityIsTheFilesSHA256() throws {
    let path = folder.path("model.safetensors")
    let saved = try richModel().save(path: path)
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["sha256sum", path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    #expect(saved.identity.count == 64)
    #expect(output.hasPrefix(saved.identity + " "))
  }

  @Test func theSameModelGivesTheSameBytesAndAnotherOthers() throws {
    let first = try richModel().save(path: folder.path("a"))
    let second = try Model.load(path: folder.path("a")).save(path: folder.path("b"))
    #expect(try Data(contentsOf: folder.url.appending(path: "a")) == Data(contentsOf: folder.url.appending(path: "b")))
    #expect(first.identity == second.identity)
    #expect(try Model.smallest(seed: 2).save(path: folder.path("c")).identity != first.identity)
  }

  @Test func tensorsHaveTheNamesTypesAndShapesOfPyTorchs() throws {
    let golden = try CheckpointFile(Data(contentsOf: URL(fileURLWithPath: Golden.path("tiny"))))
    let model = Model(
      architecture: Preset.tiny.architecture(inputChannels: 1, classes: 10), labels: (0..<10).map(String.init),
      input: InputSpecification(sampleRate: 0, window: 128, normalisation: .none), seed: 1)
    #expect(try CheckpointFile(model.encode()).tensors == golden.tensors)
  }

  @Test func tensorsKeepPyTorchsBytes() throws {
    let golden = try CheckpointFile(Data(contentsOf: URL(fileURLWithPath: Golden.path("tiny3"))))
    let saved = try CheckpointFile(Model.load(path: Golden.path("tiny3")).encode())
    #expect(saved.tensors == golden.tensors)
    for name in golden.tensors.keys {
      let (a, b) = try (golden.offsets(name), saved.offsets(name))
      #expect(golden.data[a.start..<a.end] == saved.data[b.start..<b.end], "\(name)")
    }
  }

  /// Torch and others read tensors in place, which needs them aligned.
  @Test func tensorsAreAlignedToEightBytesFromTheStart() throws {
    let bytes = try richModel().encode()
    let length = bytes.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
    #expect(length % 8 == 0)
  }

  @Test func unknownMetadataKeysAndTensorsAreAllowed() throws {
    var file = try CheckpointFile(Model.smallest().encode())
    file.metadata["temperature"] = "1.5"
    file[tensor: "later.feature"] = [
      "dtype": "F8_E4M3", "shape": [2], "data_offsets": [file.data.count, file.data.count + 2],
    ]
    file.data.append(contentsOf: [1, 2])
    let model = try Model.parse(file.bytes())
    #expect(model.parameters == Model.smallest().parameters)
  }

  // MARK: Failing to write

  @Test func aMissingFolderIsSaidAndNothingIsLeft() throws {
    let path = folder.path("no/such/folder/model.safetensors")
    let error = try #require(throws: CheckpointError.self) { try Model.smallest().save(path: path) }
    #expect(error.kind == .inputOutput && error.path == path)
    let parent = folder.path("no/such/folder")
    #expect(error.message == "cannot be written: there is no folder \(parent): create it first")
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path).isEmpty)
  }

  @Test func aFolderInTheFilesPlaceIsNotReplaced() throws {
    let path = folder.path("model")
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    try Data([1]).write(to: URL(fileURLWithPath: path).appending(path: "inside"))
    let error = try #require(throws: CheckpointError.self) { try Model.smallest().save(path: path) }
    #expect(error.message == "cannot be written: it is a folder, expected the name of a file")
    #expect(FileManager.default.fileExists(atPath: path + "/inside"))
  }

  @Test func whatCannotBeEncodedLeavesTheOldFile() throws {
    let path = folder.path("model")
    let before = try Model.smallest().save(path: path)
    var broken = Model.smallest(seed: 2)
    broken.input.sampleRate = .nan
    let error = try #require(throws: CheckpointError.self) { try broken.save(path: path) }
    #expect(error.kind == .malformed && error.message.contains("nan"))
    #expect(try Model.load(path: path).identity == before.identity)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["model"])
  }

  @Test(.enabled(if: getuid() != 0, "root writes everywhere"))
  func aFolderWithoutPermissionLeavesTheOldFile() throws {
    let path = folder.path("model")
    let before = try Model.smallest().save(path: path)
    try FileManager.default.setAttributes([.posixPermissions: 0o555], ofItemAtPath: folder.url.path)
    defer { try? FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: folder.url.path) }
    let error = try #require(throws: CheckpointError.self) { try Model.smallest(seed: 2).save(path: path) }
    #expect(error.message == "cannot be written: no permission to write into \(folder.url.path)")
    #expect(try Model.load(path: path).identity == before.identity)
  }

  @Test func replacingAFileLeavesNoTemporaryOne() throws {
    _ = try Model.smallest().save(path: folder.path("model"))
    let second = try Model.smallest(seed: 2).save(path: folder.path("model"))
    #expect(try Model.load(path: folder.path("model")).identity == second.identity)
    #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path) == ["model"])
  }
}
