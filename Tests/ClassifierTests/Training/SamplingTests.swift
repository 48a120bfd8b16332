import Testing

@testable import Classifier

@Suite struct SamplingTests {
  /// 64 windows of class 0, 16 of class 1, 1 of class 2 and none of class 3, mixed.
  private static let labels = (0..<81).map { $0 % 5 == 1 ? 1 : $0 == 40 ? 2 : 0 }

  private func draw(_ sampling: Sampling, seed: UInt64 = 1) -> [Int] {
    var generator = SplitMix64(seed: seed)
    return sampling.draw(Self.labels, using: &generator)
  }

  private func counts(_ drawn: [Int]) -> [Int] { (0..<4).map { k in drawn.count { Self.labels[$0] == k } } }

  @Test func theLabelsAreAsTheTestsSay() {
    #expect(counts(Array(Self.labels.indices)) == [64, 16, 1, 0])
  }

  @Test func naturalTakesEveryWindowOnce() {
    #expect(draw(.natural) == Array(0..<81))
  }

  /// 81 windows in three classes: 27 of each.
  @Test func balancedTakesEveryClassAsOften() {
    #expect(counts(draw(.balanced)) == [27, 27, 27, 0])
  }

  /// √64 : √16 : √1 = 8 : 4 : 1, of 81: 49.8, 24.9 and 6.2.
  @Test func squareRootLiesBetween() {
    #expect(counts(draw(.squareRoot)) == [50, 25, 6, 0])
  }

  @Test(arguments: [Sampling.balanced, .squareRoot])
  func windowsOfAClassComeAsOftenAsEachOther(sampling: Sampling) {
    let drawn = draw(sampling)
    for k in 0..<3 {
      let times = Self.labels.indices.filter { Self.labels[$0] == k }.map { window in drawn.count { $0 == window } }
      #expect(times.max()! - times.min()! <= 1)
    }
  }

  /// 27 of 64 an epoch: in ten epochs each window of the frequent class comes.
  @Test func everyWindowComesInTheEnd() {
    let drawn = Set((1...10).flatMap { draw(.balanced, seed: $0) })
    #expect(drawn == Set(0..<81))
    #expect(draw(.balanced, seed: 3) == draw(.balanced, seed: 3))
    #expect(draw(.balanced, seed: 3) != draw(.balanced, seed: 4))
  }
}
