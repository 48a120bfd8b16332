import Testing

@testable import Classifier

struct PrecisionRecallCurveTests {
  private typealias Point = PrecisionRecallCurve.Point

  /// From the highest: hit (1/1 right, 1 of 2 found), miss (1/2), hit (2/3, both found), miss (2/4).
  @Test func pointsAndAveragePrecisionByHand() throws {
    let curve = try #require(
      PrecisionRecallCurve(scores: [0.1, 0.4, 0.35, 0.8], positives: [false, false, true, true]))
    #expect(
      curve.points == [
        Point(threshold: 0.8, recall: 0.5, precision: 1), Point(threshold: 0.4, recall: 0.5, precision: 0.5),
        Point(threshold: 0.35, recall: 1, precision: 2.0 / 3), Point(threshold: 0.1, recall: 1, precision: 0.5),
      ])
    // 0.5 · 1 + 0 · 0.5 + 0.5 · 2/3 + 0 · 0.5
    #expect(abs(curve.averagePrecision - 5.0 / 6) < 1e-12)
  }

  /// The values of scikit-learn 1.9.1, `average_precision_score` and `precision_recall_curve` (which adds a last point,
  /// and lists from the lowest threshold).
  @Test func equalScoresMakeOnePointAsInScikitLearn() throws {
    let scores = [0.9, 0.8, 0.8, 0.7, 0.6, 0.55, 0.5, 0.5, 0.5, 0.3, 0.2, 0.1]
    let positives = [1, 1, 0, 0, 1, 0, 1, 0, 0, 1, 0, 0].map { $0 == 1 }
    let curve = try #require(PrecisionRecallCurve(scores: scores, positives: positives))
    #expect(abs(curve.averagePrecision - 0.6422222222222222) < 1e-12)
    #expect(curve.points.map(\.threshold) == [0.9, 0.8, 0.7, 0.6, 0.55, 0.5, 0.3, 0.2, 0.1])
    expect(curve.points.map(\.precision), [1, 2.0 / 3, 0.5, 0.6, 0.5, 4.0 / 9, 0.5, 5.0 / 11, 5.0 / 12])
    expect(curve.points.map(\.recall), [0.2, 0.4, 0.4, 0.6, 0.6, 0.8, 1, 1, 1])
  }

  @Test func scoresThatTellNothingApartGiveTheShareOfTheClass() throws {
    let curve = try #require(
      PrecisionRecallCurve(scores: [0.5, 0.5, 0.5, 0.5], positives: [true, false, false, false]))
    #expect(curve.averagePrecision == 0.25 && curve.points.count == 1)
  }

  @Test func aClassWithoutWindowsHasNoCurve() {
    #expect(PrecisionRecallCurve(scores: [0.5], positives: [false]) == nil)
    #expect(PrecisionRecallCurve(scores: [], positives: []) == nil)
  }

  private func expect(_ got: [Double], _ expected: [Double], sourceLocation: SourceLocation = #_sourceLocation) {
    #expect(got.count == expected.count, sourceLocation: sourceLocation)
    #expect(zip(got, expected).allSatisfy { abs($0 - $1) < 1e-12 }, sourceLocation: sourceLocation)
  }
}
