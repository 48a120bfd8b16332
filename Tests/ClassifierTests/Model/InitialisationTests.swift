import Testing

@testable import Classifier

@Suite struct InitialisationTests {
  private static let layout = Network(Preset.base.architecture(inputChannels: 1, classes: 10)).layout
  private static let parameters = Initialisation.parameters(layout, seed: 42)

  private func values(_ name: String) throws -> [Double] {
    let tensor = try #require(Self.layout.tensors.first { $0.name == name })
    return Self.parameters[Self.layout.range(of: tensor)].map { Double($0) }
  }

  private func moments(_ values: [Double]) -> (mean: Double, deviation: Double) {
    let mean = values.reduce(0, +) / Double(values.count)
    let variance = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(values.count)
    return (mean, variance.squareRoot())
  }

  /// A standard normal truncated at ±2 has the deviation 0.87963.
  @Test func linearWeightsAreNormalTruncatedAtTwoDeviations() throws {
    let weights = try values("layers.0.attn.in_proj.weight")
    let (mean, deviation) = moments(weights)
    let count = Double(weights.count)
    #expect(abs(mean) < 5 * 0.02 / count.squareRoot())
    #expect(abs(deviation - 0.02 * 0.87963) < 0.02 * 5 / count.squareRoot())
    #expect(weights.allSatisfy { abs($0) <= 0.04 })
    #expect(weights.contains { abs($0) > 0.038 })
  }

  /// σ = √(2 / (out · k)); about 4.6 % of a normal lies beyond 2σ, so it is not truncated.
  @Test(arguments: [
    ("stem.conv.weight", 32 * 15), ("stages.2.blocks.0.conv1.weight", 128 * 3), ("proj.conv.weight", 128),
  ])
  func convolutionsAreKaimingNormalByFanOut(name: String, fanOut: Int) throws {
    let weights = try values(name)
    let sigma = (2 / Double(fanOut)).squareRoot()
    let (mean, deviation) = moments(weights)
    let count = Double(weights.count)
    #expect(abs(mean) < 5 * sigma / count.squareRoot())
    #expect(abs(deviation - sigma) < 5 * sigma / (2 * count).squareRoot())
    #expect(weights.contains { abs($0) > 2 * sigma })
  }

  @Test func normsAreTheIdentityAndBiasesZero() throws {
    for tensor in Self.layout.tensors where tensor.role == .vector || tensor.role == .statistic {
      let one = tensor.role == .vector ? tensor.name.hasSuffix(".weight") : tensor.name.hasSuffix("running_var")
      let values = Self.parameters[Self.layout.range(of: tensor)]
      let right = values.allSatisfy { $0 == (one ? 1 : 0) }
      #expect(right, "\(tensor.name)")
    }
  }

  @Test func theSeedDecidesEveryNumber() {
    let layout = Network(Preset.tiny.architecture(inputChannels: 1, classes: 2)).layout
    #expect(Initialisation.parameters(layout, seed: 1) == Initialisation.parameters(layout, seed: 1))
    #expect(Initialisation.parameters(layout, seed: 1) != Initialisation.parameters(layout, seed: 2))
  }

  /// The generator's published reference outputs for the seed 1234567.
  @Test func splitMix64GivesItsReferenceSequence() {
    var generator = SplitMix64(seed: 1_234_567)
    let drawn = (0..<5).map { _ in generator.next() }
    #expect(
      drawn == [
        6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423, 4_593_380_528_125_082_431,
        16_408_922_859_458_223_821,
      ])
    let uniform = (0..<10_000).map { _ in generator.uniform() }
    #expect(uniform.allSatisfy { (0..<1).contains($0) })
    #expect(abs(moments(uniform).mean - 0.5) < 5 * 0.2887 / 100)
  }

  @Test func normalDrawsHaveMeanZeroAndDeviationOne() {
    var generator = SplitMix64(seed: 9)
    let draws = (0..<20_000).map { _ in Initialisation.normal(&generator) }
    let (mean, deviation) = moments(draws)
    #expect(abs(mean) < 5 / 141.4 && abs(deviation - 1) < 5 / 200)
    let share = Double(draws.count { abs($0) < 1 }) / 20_000
    #expect(abs(share - 0.6827) < 0.02)
  }
}
