import Foundation
import Testing

@testable import Classifier

@Suite struct NoveltyTests {
  /// Covariance ((4, 2), (2, 5)): its Cholesky factor is ((2, 0), (1, 2)), the inverse of that ((½, 0), (−¼, ½)).
  private static let plane = NoveltyStatistics(
    dim: 2, shrinkage: 0, means: PackedFloats([1, 1, -10, 5]), whitening: PackedFloats([0.5, 0, -0.25, 0.5]),
    calibration: PackedFloats([0.5, 1, 2, 3]))

  private static func line(_ calibration: [Float]) -> NoveltyScorer {
    NoveltyScorer(
      NoveltyStatistics(
        dim: 1, shrinkage: 0, means: PackedFloats([0]), whitening: PackedFloats([1]),
        calibration: PackedFloats(calibration)))
  }

  /// (3, 0) − (1, 1) = (2, −1), and (2, −1) Σ⁻¹ (2, −1)ᵀ = (5·4 + 4·2 + 4·1)/16 = 2; over D = 2 that is 1.
  @Test func theScoreIsTheMahalanobisDistanceToTheNearestMean() {
    let scorer = NoveltyScorer(Self.plane)
    #expect(scorer.score(embedding: [3, 0]).distance == 1)
    #expect(scorer.score(embedding: [1, 1]).distance == 0)
    #expect(scorer.score(embedding: [-8, 4]).distance == 1)
    #expect(scorer.score(embedding: ArraySlice([9, 9, 3, 0, 9])[2..<4]).distance == 1)
  }

  /// (1 + scores at least as high) / (1 + scores).
  @Test(
    arguments: [(0, 1), (1, 1), (1.5, 0.8), (2, 0.8), (2.5, 0.4), (3, 0.4), (3.5, 0.2), (1e30, 0.2)] as [(Float, Float)]
  )
  func thePValueIsConformal(distance: Float, pValue: Float) {
    #expect(Self.line([1, 2, 2, 3]).score(embedding: [distance]).pValue == pValue)
    #expect(Self.line([]).score(embedding: [distance]).pValue == 1)
  }

  /// One class at (5, −5) with offsets (±1, 0), (0, ±2): S = diag(½, 2), μ = 5/4, ‖S‖² = 17/4, Σ|x|⁴ = 34.
  /// scikit-learn's β = (34/4 − 17/4) / (2·4) = 17/32 and δ = (17/4 − 2·(5/4)·(5/2) + 2·25/16) / 2 = 9/16: λ = 17/18.
  @Test func shrinkageIsLedoitAndWolfs() {
    let embeddings: [Float] = [6, -5, 4, -5, 5, -3, 5, -7]
    let fit = NoveltyFit.statistics(embeddings: embeddings, labels: [3, 3, 3, 3], heldOut: [], dim: 2)
    #expect(abs(fit.shrinkage - 17.0 / 18) < 1e-12)
    #expect(fit.means.values == [5, -5])
    // The shrunk covariance is diag(½/18 + 17/18·5/4, 2/18 + 17/18·5/4) = diag(29/24, 31/24).
    let expected = [(24.0 / 29).squareRoot(), 0, 0, (24.0 / 31).squareRoot()].map { Float($0) }
    #expect(largestDifference(fit.whitening.values, expected) < 2e-6)
  }

  /// Normal embeddings of three classes under one correlated covariance, and as many windows held out.
  private static func cloud(_ count: Int, seed: UInt64) -> (embeddings: [Float], labels: [Int]) {
    var generator = SplitMix64(seed: seed)
    let labels = (0..<count).map { $0 % 3 }
    var embeddings: [Float] = []
    for label in labels {
      let draws = (0..<4).map { _ in Float(Initialisation.normal(&generator)) }
      embeddings += [10 * Float(label) + draws[0], draws[0] + 0.5 * draws[1], 3 * draws[2], draws[3] - draws[2]]
    }
    return (embeddings, labels)
  }

  @Test func windowsLikeTheTrainingDataScoreAboutOne() {
    let (training, heldOut, fresh) = (Self.cloud(900, seed: 1), Self.cloud(300, seed: 2), Self.cloud(600, seed: 3))
    let fit = NoveltyFit.statistics(
      embeddings: training.embeddings, labels: training.labels, heldOut: heldOut.embeddings, dim: 4)
    #expect((0...1).contains(fit.shrinkage))
    #expect(fit.calibrationCount == 300)
    let scorer = NoveltyScorer(fit)
    let scores = (0..<600).map { scorer.score(embedding: fresh.embeddings[$0 * 4..<$0 * 4 + 4]) }
    let meanSquare = scores.reduce(Float(0)) { $0 + $1.distance * $1.distance } / 600
    #expect(abs(meanSquare - 1) < 0.1)
    // p-values of like windows are uniform: each share to within 5 deviations of both samples.
    for level: Float in [0.05, 0.2, 0.5, 0.8] {
      let share = Float(scores.count { $0.pValue <= level }) / 600
      #expect(abs(share - level) < 5 * (level * (1 - level) * (1 / 600 + 1 / 300)).squareRoot())
    }
    #expect(scorer.score(embedding: [1e4, -1e4, 0, 0]).pValue == Float(1) / 301)
  }

  @Test func theDistanceIsUnchangedWhenAllEmbeddingsAreTurnedAndShifted() {
    let training = Self.cloud(300, seed: 1).embeddings
    func turned(_ x: [Float]) -> [Float] {
      stride(from: 0, to: x.count, by: 4).flatMap { i -> [Float] in
        [x[i + 1] + 100, -x[i], x[i + 3], -x[i + 2] - 7]
      }
    }
    let labels = Self.cloud(300, seed: 1).labels
    let plain = NoveltyScorer(NoveltyFit.statistics(embeddings: training, labels: labels, heldOut: [], dim: 4))
    let other = NoveltyScorer(NoveltyFit.statistics(embeddings: turned(training), labels: labels, heldOut: [], dim: 4))
    for point: [Float] in [[0, 0, 0, 0], [3, -2, 8, 1], [25, 1, 1, 1]] {
      let (a, b) = (plain.distance(point[...]), other.distance(turned(point)[...]))
      #expect(abs(a - b) < 2e-3 * max(a, 1))
    }
  }

  @Test(
    arguments: [
      ([1, 2, 3], [0]), ([1, 2, 3, 1, 2, 3, 1, 2, 3], [0, 0, 1]), ([0, 0, 0, 0, 0, 0], [0, 1]),
      ([1, 0, 0, -1, 0, 0], [0, 0]), ([1e20, 0, 0, -1e20, 0, 0, 0, 0, 0], [0, 0, 0]),
      ([1e-20, 0, 0, -1e-20, 0, 0], [0, 0]),
    ] as [([Float], [Int])])
  func degenerateEmbeddingsGiveUsableStatistics(embeddings: [Float], labels: [Int]) {
    let fit = NoveltyFit.statistics(embeddings: embeddings, labels: labels, heldOut: embeddings, dim: 3)
    #expect(fit.problem(dim: 3) == nil)
    #expect((0...1).contains(fit.shrinkage))
    let same = NoveltyScorer(fit).score(embedding: embeddings[..<3])
    #expect(same.distance.isFinite && same.pValue > 1 / Float(labels.count + 2))
    #expect(NoveltyScorer(fit).score(embedding: [1e25, 1e25, 1e25]).pValue == 1 / Float(labels.count + 1))
  }

  /// 20 windows are enough; else a fifth of each class's training windows is held out. At most 5000 are fitted to.
  @Test(arguments: [
    (100, 20, 100, 20), (100, 19, 80, 20), (100, 0, 80, 20), (6000, 20, 5000, 20), (6000, 0, 4000, 1000),
  ])
  func windowsAreHeldOutOfTheFit(training: Int, validation: Int, fitted: Int, heldOut: Int) {
    func windows(_ count: Int) -> LabelledWindows {
      LabelledWindows(
        samples: [Float](repeating: 0, count: 8 * count), windowSamples: 8, channels: 1,
        labels: (0..<count).map { $0 % 2 })
    }
    let parts = Model.noveltyWindows(training: windows(training), validation: windows(validation), seed: 1)
    #expect((parts.fitted.count, parts.heldOut.count) == (fitted, heldOut))
    if validation < 20 { #expect(Set(parts.fitted.origins).isDisjoint(with: parts.heldOut.origins)) }
  }

  @Test func manyHeldOutScoresAreThinnedToEvenRanks() {
    let heldOut = (0..<5999).map { Float($0 + 1) }.shuffled()
    let fit = NoveltyFit.statistics(embeddings: [-1, 1], labels: [0, 0], heldOut: heldOut, dim: 1)
    let scores = fit.calibration.values
    #expect(scores.count == 2000 && zip(scores, scores.dropFirst()).allSatisfy { $0 < $1 })
    #expect(abs(scores[0] / scores[1999] - 1 / 5999) < 1e-6)
    #expect(abs(scores[1000] / scores[1999] - 0.5) < 1e-3)
  }

  @Test func statisticsSurviveJSON() throws {
    let data = try JSONEncoder().encode(Self.plane)
    #expect(try JSONDecoder().decode(NoveltyStatistics.self, from: data) == Self.plane)
  }

  @Test func packedFloatsAreLittleEndianBase64() throws {
    // 1.0 is 00 00 80 3F, −2.5 is 00 00 20 C0.
    #expect(try JSONEncoder().encode([PackedFloats([1, -2.5])]) == Data(#"["AACAPwAAIMA="]"#.utf8))
    #expect(
      try JSONDecoder().decode([PackedFloats].self, from: Data(#"["AACAPwAAIMA="]"#.utf8))[0].values == [1, -2.5])
  }

  @Test(arguments: [#""AACAPwA=""#, #""not base64!""#, "[1, 2]", "null", "3"])
  func packedFloatsOfAnotherFormAreRefused(text: String) {
    #expect(throws: DecodingError.self) { try JSONDecoder().decode([PackedFloats].self, from: Data("[\(text)]".utf8)) }
  }

  @Test func malformedStatisticsAreRefusedWithTheReason() throws {
    func problem(_ change: (inout NoveltyStatistics) -> Void) -> String? {
      var statistics = Self.plane
      change(&statistics)
      return statistics.problem(dim: 2)
    }
    #expect(problem { _ in } == nil)
    #expect(try #require(problem { $0.dim = 3 }).contains("width 3"))
    #expect(try #require(problem { $0.means.values = [] }).contains("means"))
    #expect(try #require(problem { $0.means.values = [1, 2, 3] }).contains("means"))
    #expect(try #require(problem { $0.whitening.values = [1, 2, 3] }).contains("whitening"))
    #expect(try #require(problem { $0.means.values[0] = .nan }).contains("means"))
    #expect(try #require(problem { $0.whitening.values[1] = .infinity }).contains("whitening"))
    #expect(try #require(problem { $0.calibration.values[2] = .nan }).contains("calibration"))
    #expect(try #require(problem { $0.calibration.values = [2, 1] }).contains("calibration"))
  }
}
