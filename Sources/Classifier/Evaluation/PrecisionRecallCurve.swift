/// Precision against recall of one class, as the threshold on its score falls.
package struct PrecisionRecallCurve: Sendable, Equatable {
  package struct Point: Sendable, Equatable {
    /// What scores this much or more is taken for the class.
    package let threshold: Double
    package let recall: Double
    package let precision: Double
  }

  /// A point for each score that occurs, from the highest; equal scores make one point.
  package let points: [Point]
  /// `Σ (R_n − R_{n−1}) · P_n` over the points, R_0 = 0: no interpolation, which would flatter (as scikit-learn's
  /// `average_precision_score`).
  package let averagePrecision: Double

  /// - Parameters:
  ///   - scores: of each window, finite.
  ///   - positives: whether the window is of the class.
  /// - Returns: nil where no window is of the class.
  package init?(scores: [Double], positives: [Bool]) {
    precondition(scores.count == positives.count)
    let total = Double(positives.count { $0 })
    guard total > 0 else { return nil }
    let order = scores.indices.sorted { scores[$0] > scores[$1] }
    var points: [Point] = []
    var hits = 0.0
    for (place, index) in order.enumerated() {
      if positives[index] { hits += 1 }
      let next = place + 1
      if next < order.count, scores[order[next]] == scores[index] { continue }
      points.append(Point(threshold: scores[index], recall: hits / total, precision: hits / Double(next)))
    }
    let recallsBefore = [0] + points.map(\.recall)
    averagePrecision = zip(points, recallsBefore).reduce(0) { $0 + ($1.0.recall - $1.1) * $1.0.precision }
    self.points = points
  }
}
