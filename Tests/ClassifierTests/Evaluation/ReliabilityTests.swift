import Testing

@testable import Classifier

struct ReliabilityTests {
  /// Four bins, of which the second and third are used: (0.25 + 0.5)/2 is 0.375, half of them right; 0.75 is surely right.
  @Test func binsAndErrorByHand() {
    let reliability = Reliability(confidences: [0.5, 0.26, 0.75, 0.25], correct: [true, false, true, true], bins: 4)
    #expect(reliability.bins.map(\.count) == [1, 2, 1, 0])
    #expect(reliability.bins.map(\.accuracy) == [1, 0.5, 1, 0])
    #expect(reliability.bins.map(\.lower) == [0, 0.25, 0.5, 0.75])
    #expect(abs(reliability.bins[1].confidence - 0.38) < 1e-12)
    // (1 · |1 − 0.25| + 2 · |0.5 − 0.38| + 1 · |1 − 0.75|) / 4
    #expect(abs(reliability.expectedCalibrationError - (0.75 + 0.24 + 0.25) / 4) < 1e-12)
  }

  @Test func certaintyThatIsRightHasNoErrorAndOneThatIsWrongAllOfIt() {
    #expect(Reliability(confidences: [1, 1], correct: [true, true]).expectedCalibrationError == 0)
    let wrong = Reliability(confidences: [1, 1], correct: [false, false])
    #expect(wrong.expectedCalibrationError == 1)
    #expect(wrong.bins[9].count == 2)
  }

  @Test func theEndsOfTheRangeHaveBins() {
    let reliability = Reliability(confidences: [0, 0.1, 1], correct: [false, false, true])
    #expect(reliability.bins.map(\.count) == [2, 0, 0, 0, 0, 0, 0, 0, 0, 1])
    #expect(Reliability(confidences: [], correct: []).expectedCalibrationError == 0)
  }
}

struct ScoredWindowsTests {
  private let scores = ScoredWindows(
    truth: [0, 1, 1, 0, 1], predicted: [0, 0, 0, 1, 1],
    probabilities: [[0.9, 0.1], [0.6, 0.4], [0.8, 0.2], [0.4, 0.6], [0.3, 0.7]])

  @Test func mistakesComeFromTheMostConfident() {
    #expect(scores.confidentMistakes(9) == [2, 1, 3], "equal confidences in the windows' order")
    #expect(scores.confidentMistakes(1) == [2])
  }

  @Test func curvesTakeTheClassAgainstTheOthers() {
    // Class 0 by its probability: hit 0.9, miss 0.8, miss 0.6, hit 0.4, miss 0.3.
    #expect(scores.precisionRecall(class: 0)?.averagePrecision == 0.5 * 1 + 0.5 * 0.5)
    #expect(scores.reliability.bins.map(\.count) == [0, 0, 0, 0, 0, 2, 1, 1, 1, 0])
  }
}
