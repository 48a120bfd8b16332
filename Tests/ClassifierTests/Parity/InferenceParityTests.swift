import Testing

@testable import Classifier

/// Logits and embeddings within 1e-4 of PyTorch's on the same checkpoint and windows.
@Suite struct InferenceParityTests {
  private static let tolerance: Float = 1e-4

  @Test func tinyAgreesOnWholeWindows() throws {
    let model = try Model.load(path: Golden.path("tiny"))
    try check(model, Golden("tiny_eval"), input: "x", outputs: ("logits", "embedding"))
  }

  @Test func tinyAgreesOnPaddedWindows() throws {
    let model = try Model.load(path: Golden.path("tiny"))
    let golden = try Golden("tiny_eval")
    try check(
      model, golden, input: "xp", outputs: ("logits_padded", "embedding_padded"), valid: golden.integers("valid"))
  }

  @Test func threeChannelsWithFixedScalingAgree() throws {
    let model = try Model.load(path: Golden.path("tiny3"))
    try check(model, Golden("tiny3_eval"), input: "raw", outputs: ("logits", "embedding"))
  }

  @Test func baseAgreesOnWholeAndPaddedWindows() throws {
    let golden = try Golden("base_eval")
    let shape = try golden.shape("x")
    let model = GeneratedWeights.model(
      Preset.base.architecture(inputChannels: shape[1], classes: 10), window: shape[2])
    try check(model, golden, input: "x", outputs: ("logits", "embedding"))
    try check(
      model, golden, input: "xp", outputs: ("logits_padded", "embedding_padded"), valid: golden.integers("valid"))
  }

  @Test func separableConvolutionsAgree() throws {
    let golden = try Golden("separable")
    try check(
      GeneratedWeights.separable(window: golden.shape("x")[2]), golden, input: "x", outputs: ("logits", "embedding"),
      valid: golden.integers("valid"))
  }

  @Test func generatedWeightsAreThoseOfTheScript() throws {
    let golden = try Golden("generated")
    let layout = Network(Preset.base.architecture(inputChannels: 1, classes: 10)).layout
    for name in golden.names {
      let tensor = try #require(layout.tensors.first { $0.name == name })
      #expect(try Array(GeneratedWeights.values(tensor).prefix(8)) == golden.floats(name), "\(name)")
    }
  }

  @Test func aWindowsResultDoesNotDependOnItsCompanyToTheBit() throws {
    let model = try Model.load(path: Golden.path("tiny"))
    let golden = try Golden("tiny_eval")
    let set = try windows(golden.floats("xp"), golden.shape("xp"), valid: golden.integers("valid"))
    let predictor = Predictor(model: model)
    let together = predictor.predict(set, 0..<5)
    for index in 0..<5 {
      let alone = predictor.predict(set, index...index)
      #expect(alone.logits == Array(together.logits(index)))
      #expect(alone.embeddings == Array(together.embedding(index)))
    }
  }

  private func check(
    _ model: Model, _ golden: Golden, input: String, outputs: (logits: String, embedding: String), valid: [Int]? = nil
  ) throws {
    let set = try windows(golden.floats(input), golden.shape(input), valid: valid)
    let predictor = Predictor(model: model, window: set.windowSamples)
    let predictions = predictor.predict(set, 0..<set.count)
    #expect(try largestDifference(predictions.logits, golden.floats(outputs.logits)) < Self.tolerance)
    #expect(try largestDifference(predictions.embeddings, golden.floats(outputs.embedding)) < Self.tolerance)
  }
}
