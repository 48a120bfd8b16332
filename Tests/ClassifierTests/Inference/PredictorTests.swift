import Testing

@testable import Classifier

@Suite struct PredictorTests {
  private static func windows(_ count: Int, seed: UInt64) -> [[Float]] {
    var generator = SplitMix64(seed: seed)
    return (0..<count).map { _ in (0..<128).map { _ in Float(Initialisation.normal(&generator)) } }
  }

  @Test func nothingIsLeftOverFromEarlierBatches() throws {
    let model = try Model.load(path: Golden.path("tiny"))
    let windows = Self.windows(7, seed: 1)
    let used = Predictor(model: model)
    _ = used.predict(Self.windows(4, seed: 2).map { $0.map { 100 * $0 } }, valid: [128, 50, 1, 128])
    for slice in [0..<3, 3..<4, 4..<7] {
      let fresh = Predictor(model: model).predict(Array(windows[slice]))
      let again = used.predict(Array(windows[slice]))
      #expect(again.logits == fresh.logits && again.embeddings == fresh.embeddings)
    }
  }

  @Test func probabilitiesAreTheSoftmaxOfTheLogits() throws {
    let predictions = try Predictor(model: Model.load(path: Golden.path("tiny"))).predict(
      Self.windows(3, seed: 3))
    #expect(predictions.count == 3 && predictions.logits.count == 30 && predictions.embeddings.count == 96)
    for b in 0..<3 {
      let (p, logits) = (predictions.probabilities(b), Array(predictions.logits(b)))
      #expect(abs(p.reduce(0, +) - 1) < 1e-6)
      #expect(logits[predictions.label(b)] == logits.max() && p[predictions.label(b)] == p.max())
      #expect(Array(predictions.embedding(b)) == Array(predictions.embeddings[b * 32..<(b + 1) * 32]))
    }
  }

  @Test func valuesBeyondTheValidSamplesDoNotMatter() throws {
    let predictor = try Predictor(model: Model.load(path: Golden.path("tiny")))
    let clean = Self.windows(1, seed: 4)[0]
    let dirty = clean.enumerated().map { $0 < 70 ? $1 : 1e6 }
    #expect(predictor.predict([clean], valid: [70]).logits == predictor.predict([dirty], valid: [70]).logits)
  }

  @Test(arguments: [8, 16, 64, 256])
  func takesWindowsOfAnotherLength(length: Int) throws {
    let predictor = try Predictor(model: Model.load(path: Golden.path("tiny")), window: length)
    let samples = [Float](repeating: 0.5, count: length)
    let predictions = predictor.predict([samples, samples], valid: [length, 1])
    #expect(predictor.window == length)
    #expect(predictions.logits.allSatisfy { $0.isFinite } && predictions.embeddings.allSatisfy { $0.isFinite })
  }
}
