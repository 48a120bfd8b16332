import Testing

@testable import Classifier

@Suite struct EvaluationTests {
  /// Six windows of three classes: a is found twice of three, b once of two, c's only window is taken for a.
  @Test func figuresByHand() {
    let evaluation = Evaluation(labels: ["a", "b", "c"], truth: [0, 0, 0, 1, 1, 2], predicted: [0, 0, 1, 1, 0, 0])
    #expect(evaluation.confusion == [[2, 1, 0], [1, 1, 0], [1, 0, 0]])
    #expect(evaluation.windows == 6)
    #expect(evaluation.accuracy == 0.5)
    #expect(evaluation.classes.map(\.label) == ["a", "b", "c"])
    #expect(evaluation.classes.map(\.support) == [3, 2, 1])
    #expect(evaluation.classes.map(\.precision) == [0.5, 0.5, 0])
    expect(evaluation.classes.map(\.recall), [2.0 / 3, 0.5, 0])
    expect(evaluation.classes.map(\.f1), [4.0 / 7, 0.5, 0])
    expect([evaluation.macroF1], [(4.0 / 7 + 0.5) / 3])
  }

  @Test func classesThatNeverOccurDoNotLowerTheMean() {
    let evaluation = Evaluation(labels: ["a", "b", "c", "d"], truth: [0, 0, 1], predicted: [0, 0, 1])
    #expect(evaluation.macroF1 == 1 && evaluation.accuracy == 1)
    #expect(evaluation.classes[3].f1 == 0 && evaluation.classes[3].support == 0)
    // Predicted though absent, a class counts: F1 of a is 4/5, of b 1, of c 0.
    let wrong = Evaluation(labels: ["a", "b", "c", "d"], truth: [0, 0, 0, 1], predicted: [0, 0, 2, 1])
    expect([wrong.macroF1], [(0.8 + 1 + 0) / 3])
  }

  @Test func nothingToEvaluateGivesZeros() {
    let evaluation = Evaluation(labels: ["a", "b"], truth: [], predicted: [])
    #expect(evaluation.windows == 0 && evaluation.accuracy == 0 && evaluation.macroF1 == 0)
    #expect(evaluation.confusion == [[0, 0], [0, 0]])
  }

  @Test func batchesAndThreadsDoNotChangeWhatIsEvaluated() throws {
    let model = try Model.load(path: Golden.path("tiny"))
    let golden = try Golden("tiny_eval")
    let five = try windows(golden.floats("xp"), golden.shape("xp"), valid: golden.integers("valid"))
    let set = five.subset((0..<37).map { $0 % 5 })
    let one = BatchEvaluation(model, set, threads: 1)
    let three = BatchEvaluation(model, set, threads: 3)
    #expect(one.logits == three.logits && one.embeddings == three.embeddings && one.predicted == three.predicted)
    let expected = try golden.floats("logits_padded")
    for n in 0..<37 {
      let row = expected[n % 5 * 10..<(n % 5 + 1) * 10]
      #expect(largestDifference(one.logits[n * 10..<(n + 1) * 10], row) < 1e-4)
      #expect(row[row.startIndex + one.predicted[n]] == row.max())
    }
  }

  private func expect(_ got: [Double], _ expected: [Double], sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(zip(got, expected).allSatisfy { abs($0 - $1) < 1e-12 }, sourceLocation: sourceLocation)
  }
}
