import Foundation
import Testing

@testable import Classifier

@Suite struct EnsembleTests {
  private static let members = (0..<3).map { member(seed: $0) }

  private static func member(seed: Int) -> Model {
    var model = Model(
      architecture: Preset.tiny.architecture(inputChannels: 1, classes: 4), labels: ["a", "b", "c", "d"],
      input: InputSpecification(sampleRate: 100, window: 64, normalisation: .window), seed: UInt64(seed))
    // Random heads hardly differ: larger weights give answers that do.
    for i in model.parameters.indices { model.parameters[i] *= 1 + Float(seed) }
    return model
  }

  private static func windows(_ count: Int) -> [[Float]] {
    (0..<count).map { noise(64, seed: $0) }
  }

  /// The mean of what each member says alone.
  @Test(arguments: [Precision.float32, .bf16].filter { $0.obstacle == nil })
  func answersWithTheMeanOfItsMembers(precision: Precision) throws {
    let ensemble = Model(joining: Self.members, training: "{}")
    let windows = Self.windows(20)
    let valid = (0..<20).map { 64 - 3 * $0 }
    let alone = try Self.members.map {
      Predictor(try PackedModel($0, precision: precision)).predict(windows, valid: valid)
    }
    let together = Predictor(try PackedModel(ensemble, precision: precision)).predict(windows, valid: valid)
    #expect(together.count == 20)
    for b in 0..<20 {
      let mean = (0..<4).map { k in alone.reduce(Float(0)) { $0 + $1.probabilities(b)[k] } / 3 }
      #expect(largestDifference(together.probabilities(b), mean) < 1e-6)
      let embedding = (0..<32).map { i in alone.reduce(Float(0)) { $0 + Array($1.embedding(b))[i] } / 3 }
      #expect(largestDifference(Array(together.embedding(b)), embedding) < 1e-5)
      let single = Predictor(try PackedModel(ensemble, precision: precision)).predict([windows[b]], valid: [valid[b]])
      #expect(single.logits == Array(together.logits(b)), "its company does not matter")
    }
    #expect(alone[0].probabilities(0) != alone[1].probabilities(0))
  }

  /// Members that are sure of different classes: probabilities of 1/2 each, and logarithms that stay finite.
  @Test func membersThatAreSureStayFinite() throws {
    let sure = (0..<2).map { favourite in
      var model = Self.member(seed: 1)
      let layout = Network(model.architecture).layout
      let bias = layout.tensors.first { $0.name == "head.out.bias" }!
      model.parameters[layout.range(of: bias).lowerBound + favourite] = 500
      return model
    }
    let predictions = Predictor(model: Model(joining: sure, training: "{}")).predict(Self.windows(1))
    #expect(predictions.logits.allSatisfy { $0.isFinite })
    let p = predictions.probabilities(0)
    #expect(abs(p[0] - 0.5) < 1e-6 && abs(p[1] - 0.5) < 1e-6)
  }

  @Test func aFileHoldsEveryMembersTensorsByNumber() throws {
    let ensemble = Model(joining: Self.members, training: #"{"a":1}"#)
    let bytes = try ensemble.encode()
    let file = try CheckpointFile(bytes)
    let single = try CheckpointFile(Self.members[0].encode())
    #expect(file.metadata["members"] as? String == "3")
    #expect(single.metadata["members"] == nil)
    for (name, shape) in single.tensors {
      for n in 0..<3 { #expect(file.tensors["members.\(n).\(name)"] == shape) }
    }
    #expect(file.tensors.count == 3 * single.tensors.count)
    let read = try Model.parse(bytes)
    #expect(read.memberCount == 3 && read.training == #"{"a":1}"#)
    #expect(zip(read.members, Self.members).allSatisfy { $0.parameters == $1.parameters })
    #expect(try read.encode() == bytes)
  }

  @Test(arguments: [
    ("1", "metadata key members is \"1\", expected 2 to 64"), ("65", "expected 2 to 64"), ("-3", "expected 2 to 64"),
    ("three", "expected 2 to 64"), ("4", "metadata key architecture describes"),
  ])
  func aWrongCountIsNamed(count: String, message: String) throws {
    var file = try CheckpointFile(Model(joining: Self.members, training: "{}").encode())
    file.metadata["members"] = count
    let bytes = try file.bytes()
    let error = #expect(throws: Safetensors.Malformed.self) { try Model.parse(bytes) }
    #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
  }

  /// Fewer bytes than so many members need are found before memory is taken for them.
  @Test func membersThatAreNotThereAreNotMadeRoomFor() throws {
    var file = try CheckpointFile(Self.members[0].encode())
    file.metadata["members"] = "64"
    let bytes = try file.bytes()
    let error = #expect(throws: Safetensors.Malformed.self) { try Model.parse(bytes) }
    #expect(error?.message.contains("metadata key architecture describes") == true)
  }

  @Test func aMissingTensorIsNamedWithItsMember() throws {
    var file = try CheckpointFile(Model(joining: Self.members, training: "{}").encode())
    file.header["members.2.renamed"] = file.header.removeValue(forKey: "members.2.head.out.bias")
    let bytes = try file.bytes()
    let error = #expect(throws: Safetensors.Malformed.self) { try Model.parse(bytes) }
    #expect(error?.message == "tensor members.2.head.out.bias is missing")
  }

  @Test func aMemberThatIsNotFiniteIsAProblem() {
    var ensemble = Model(joining: Self.members, training: "{}")
    #expect(ensemble.problem == nil)
    ensemble.others[1].parameters[3] = .nan
    #expect(ensemble.problem == "its weights are not finite")
  }
}
