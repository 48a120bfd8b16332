import Foundation
import Testing

@testable import Classifier

/// What a reader refuses: each message names the key or tensor.
@Suite struct MalformedCheckpointTests {
  struct Fault: Sendable, CustomTestStringConvertible {
    let testDescription: String
    /// What the message must contain.
    let named: [String]
    let change: @Sendable (inout CheckpointFile) throws -> Void

    init(_ name: String, _ named: String..., change: @escaping @Sendable (inout CheckpointFile) throws -> Void) {
      (testDescription, self.named, self.change) = (name, named, change)
    }

    /// A metadata key with another value; nil removes it.
    static func key(_ key: String, _ value: String?, _ named: String...) -> Fault {
      var fault = Fault("\(key): \(value ?? "missing")") { $0.metadata[key] = value }
      fault = Fault(fault.testDescription, names: [key] + named, fault.change)
      return fault
    }

    private init(_ name: String, names: [String], _ change: @escaping @Sendable (inout CheckpointFile) throws -> Void) {
      (testDescription, named, self.change) = (name, names, change)
    }
  }

  private static func architecture(_ changes: String...) -> String {
    let fields = [
      "inputChannels": "1", "channels": "[4,4,4,4]", "blocks": "[1,1,1,1]", "dim": "2", "heads": "1", "layers": "1",
      "feedForward": "1", "classes": "2", "convolution": "\"standard\"",
    ].merging(
      changes.map { ($0.split(separator: "=")[0], $0.split(separator: "=").dropFirst().joined()) }.map {
        (String($0.0), $0.1)
      }
    ) { $1 }
    return "{" + fields.filter { !$0.value.isEmpty }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
  }

  private static func input(_ changes: [String: String] = [:]) -> String {
    let fields = [
      "sampleRate": "100", "window": "16", "normalisation": "\"fixed\"", "mean": "[0.5]", "std": "[2]",
    ].merging(changes) { $1 }
    return "{" + fields.filter { !$0.value.isEmpty }.map { "\"\($0.key)\":\($0.value)" }.joined(separator: ",") + "}"
  }

  static let metadataFaults: [Fault] = [
    .key("format", nil, "missing"), .key("format", "onnx", "sigstreamd-model"), .key("version", nil, "missing"),
    .key("version", "one", "number"), .key("version", "0"), .key("version", "-3"), .key("version", "1.5"),
    .key("version", "99999999999999999999"), .key("version", "2", "newer", "update"),
    .key("architecture", nil, "missing"), .key("architecture", "{"), .key("architecture", "[]"),
    .key("architecture", architecture("dim="), "dim"), .key("architecture", architecture("dim=\"two\""), "dim"),
    .key("architecture", architecture("dim=2.5")), .key("architecture", architecture("dim=1e300")),
    .key("architecture", architecture("dim=3"), "dim", "multiple"),
    .key("architecture", architecture("heads=0"), "heads"),
    .key("architecture", architecture("channels=[4]"), "channels"),
    .key("architecture", architecture("channels=[4,4,4,6]"), "channels"),
    .key("architecture", architecture("blocks=null"), "blocks"),
    .key("architecture", architecture("convolution=\"winograd\""), "convolution"),
    .key("architecture", architecture("layers=9223372036854775807"), "layers"),
    .key("architecture", architecture("dim=4096", "layers=128"), "numbers, the file holds"),
    .key("architecture", architecture("feedForward=9"), "the file holds"),
    .key("labels", nil, "missing"), .key("labels", "calm, loud"), .key("labels", "[1, 2]"),
    .key("labels", #"["calm"]"#, "1 names for 2 classes"), .key("labels", #"["a","b","c"]"#, "3 names"),
    .key("input", nil, "missing"), .key("input", "16"), .key("input", input(["window": ""]), "window"),
    .key("input", input(["window": "15"]), "window", "multiple of 8"), .key("input", input(["window": "-8"]), "window"),
    .key("input", input(["sampleRate": "-1"]), "sampleRate"),
    .key("input", input(["sampleRate": "\"fast\""]), "sampleRate"),
    .key("input", input(["normalisation": "\"minmax\""]), "normalisation"),
    .key("input", input(["mean": "[]"]), "mean"), .key("input", input(["std": "[0]"]), "std"),
    .key("input", input(["std": "[1,1]"]), "std"), .key("input", input(["mean": "[1e39]"])),
    .key("novelty", "{}"), .key("novelty", "1"),
  ]

  static let tensorFaults: [Fault] = [
    Fault("missing", "head.out.bias", "missing") {
      $0.header["head.out.bias"] = nil; $0.data.removeLast(8)
    },
    Fault("wrong shape", "pool.fusion.weight", "[8, 2]", "[2, 8]") {
      $0[tensor: "pool.fusion.weight"]["shape"] = [8, 2]
    },
    Fault("wrong dtype", "stem.norm.bias", "I32", "F32") { $0[tensor: "stem.norm.bias"]["dtype"] = "I32" },
    Fault("unknown dtype", "stem.norm.bias", "F7", "F32") { $0[tensor: "stem.norm.bias"]["dtype"] = "F7" },
    Fault("count as float", "stem.norm.num_batches_tracked", "F64", "I64") {
      $0[tensor: "stem.norm.num_batches_tracked"]["dtype"] = "F64"
    },
    Fault("negative count", "stem.norm.num_batches_tracked") {
      let (start, end) = try $0.offsets("stem.norm.num_batches_tracked")
      $0.data.replaceSubrange(start..<end, with: [UInt8](repeating: 0xFF, count: 8))
    },
    Fault("absurd count", "stem.norm.num_batches_tracked") {
      let (start, end) = try $0.offsets("stem.norm.num_batches_tracked")
      $0.data.replaceSubrange(start..<end, with: [UInt8](repeating: 0xFF, count: 7) + [0x7F])
    },
    Fault("a negative variance", "stem.norm.running_var", "negative") {
      try put(-1, at: 2, of: "stem.norm.running_var", &$0)
    },
    Fault("NaN", "head.hidden.weight", "finite") { try put(.nan, at: 1, of: "head.hidden.weight", &$0) },
    Fault("infinity", "proj.norm.running_var", "finite") {
      try put(.infinity, at: 1, of: "proj.norm.running_var", &$0)
    },
    Fault("NaN in a convolution", "stem.conv.weight", "finite") {
      try put(-.signalingNaN, at: 59, of: "stem.conv.weight", &$0)
    },
  ]

  private static func put(_ value: Float, at index: Int, of tensor: String, _ file: inout CheckpointFile) throws {
    let start = try file.offsets(tensor).start + 4 * index
    file.data.replaceSubrange(start..<start + 4, with: withUnsafeBytes(of: value.bitPattern.littleEndian) { Data($0) })
  }

  @Test(arguments: metadataFaults + tensorFaults)
  func aFaultIsRefusedByName(fault: Fault) throws {
    var file = try CheckpointFile(Model.smallest().encode())
    try fault.change(&file)
    let bytes = try file.bytes()
    let error = try #require(throws: Safetensors.Malformed.self) { try Model.parse(bytes) }
    #expect(fault.named.allSatisfy(error.message.contains), "\(error.message)")
  }

  @Test func theUnchangedFileLoads() throws {
    _ = try Model.parse(CheckpointFile(Model.smallest().encode()).bytes())
    var file = try CheckpointFile(Model.smallest().encode())
    file.metadata["architecture"] = Self.architecture()
    file.metadata["input"] = Self.input()
    _ = try Model.parse(file.bytes())
  }

  @Test func metadataThatIsNotTextIsRefusedByItsKey() throws {
    var file = try CheckpointFile(Model.smallest().encode())
    file.metadata["version"] = 1
    let bytes = try file.bytes()
    let error = try #require(throws: Safetensors.Malformed.self) { try Model.parse(bytes) }
    #expect(error.message.contains("__metadata__.version"))
  }

  @Test func noMetadataMeansNotAModel() throws {
    var file = try CheckpointFile(Model.smallest().encode())
    file.header["__metadata__"] = nil
    let bytes = try file.bytes()
    let error = try #require(throws: Safetensors.Malformed.self) { try Model.parse(bytes) }
    #expect(error.message.contains("not a sigstreamd model"))
  }

  @Test func aMissingFileAndAFolderAreToldApart() throws {
    let folder = try TemporaryFolder()
    let missing = try #require(throws: CheckpointError.self) { try Model.load(path: folder.path("no.safetensors")) }
    #expect(missing.kind == .inputOutput && missing.message == "no such model file")
    #expect("\(missing)" == "\(folder.path("no.safetensors")): no such model file")
    let directory = try #require(throws: CheckpointError.self) { try Model.load(path: folder.url.path) }
    #expect(directory.kind == .inputOutput && directory.message.contains("check that it is a file"))
  }

  @Test func aMalformedFilesErrorNamesItsPath() throws {
    let folder = try TemporaryFolder()
    try Data("not a model at all".utf8).write(to: folder.url.appending(path: "x"))
    let error = try #require(throws: CheckpointError.self) { try Model.load(path: folder.path("x")) }
    #expect(error.kind == .malformed && error.path == folder.path("x"))
    #expect(error.message.contains("not a safetensors file"))
  }
}
