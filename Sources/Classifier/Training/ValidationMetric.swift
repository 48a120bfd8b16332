/// The figure of the validation set that tells a better epoch from a worse one.
package enum ValidationMetric: String, CaseIterable, Sendable {
  case macroF1 = "macro-f1"
  case accuracy
  case loss

  /// A score that is larger for a better epoch.
  func score(_ evaluation: Evaluation, loss: Double) -> Double {
    switch self {
    case .macroF1: evaluation.macroF1
    case .accuracy: evaluation.accuracy
    case .loss: -loss
    }
  }
}
