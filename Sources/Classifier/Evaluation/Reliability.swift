/// Whether a prediction with confidence c is right in a share c of all cases: predictions in bins of equal width by their
/// confidence (Guo et al. 2017, "On Calibration of Modern Neural Networks").
package struct Reliability: Sendable, Equatable {
  /// Predictions with a confidence above `lower` up to `upper`; the first bin has 0 as well.
  package struct Bin: Sendable, Equatable {
    package let lower: Double
    package let upper: Double
    package let count: Int
    /// The mean confidence; 0 in an empty bin.
    package let confidence: Double
    /// The share that is right; 0 in an empty bin.
    package let accuracy: Double
  }

  package let bins: [Bin]
  /// The mean of `|accuracy − confidence|` over the bins, weighted by their predictions; 0 without any.
  package let expectedCalibrationError: Double

  /// - Parameters:
  ///   - confidences: 0 ... 1, of the predicted class.
  ///   - correct: whether the prediction is right.
  ///   - bins: at least 1.
  package init(confidences: [Double], correct: [Bool], bins count: Int = 10) {
    precondition(confidences.count == correct.count && count >= 1)
    var members = Array(repeating: [Int](), count: count)
    for (index, confidence) in confidences.enumerated() {
      let bin = Int((confidence * Double(count)).rounded(.up)) - 1
      members[min(max(bin, 0), count - 1)].append(index)
    }
    let bins = members.enumerated().map { bin, members in
      let size = Double(max(members.count, 1))
      return Bin(
        lower: Double(bin) / Double(count), upper: Double(bin + 1) / Double(count), count: members.count,
        confidence: members.reduce(0) { $0 + confidences[$1] } / size,
        accuracy: Double(members.count { correct[$0] }) / size)
    }
    let total = Double(max(confidences.count, 1))
    expectedCalibrationError = bins.reduce(0) { $0 + Double($1.count) / total * abs($1.accuracy - $1.confidence) }
    self.bins = bins
  }
}
