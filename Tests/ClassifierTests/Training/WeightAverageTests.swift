import Testing

@testable import Classifier

@Suite struct WeightAverageTests {
  /// Decays 2/11, 3/12, 4/13 and then 0.3, the one asked for.
  @Test func theDecayWarmsUp() {
    var average = WeightAverage([8, 0], decay: 0.3)
    var expected = 8.0
    for (value, decay) in [(1.0, 2.0 / 11), (2, 3.0 / 12), (3, 0.3), (4, 0.3), (5, 0.3)] {
      average.add([Float(value), 0])
      expected = decay * expected + (1 - decay) * value
      #expect(abs(Double(average.values[0]) - expected) < 1e-6)
      #expect(average.values[1] == 0)
    }
  }

  @Test func whatDoesNotChangeIsItsOwnAverage() {
    var average = WeightAverage([0.1, -7], decay: 0.999)
    for _ in 0..<100 { average.add([0.1, -7]) }
    #expect(average.values == [0.1, -7])
  }
}
