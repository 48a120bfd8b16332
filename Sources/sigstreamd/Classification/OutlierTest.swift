/// When a window is called an outlier: when its p-value is at most ``level``.
///
/// For windows like those held out, a conformal p-value is at most α with a probability of at most α, and of exactly α
/// where α · (1 + held-out windows) is a whole number (Vovk et al. 2005; Bates et al. 2023, "Testing for outliers with
/// conformal p-values").
enum OutlierTest {
  /// α: of windows like those held out, one in a hundred is called an outlier.
  static let level: Float = 0.01
  /// Fewest held-out windows with which there can be outliers: of n the least p-value is 1 / (1 + n).
  static let fewestHeldOut = 99

  static func isOutlier(pValue: Float) -> Bool { pValue <= level }

  /// Why a model whose p-values come from `heldOut` windows calls none an outlier, and what to do; nil where it can.
  static func problem(heldOut: Int) -> String? {
    guard heldOut < fewestHeldOut else { return nil }
    return
      "p-values from \(heldOut) held-out windows are 1/\(1 + heldOut) or more, so that none is called an outlier, "
      + "which takes \(level) or less: hold out \(fewestHeldOut) windows or more, by --validation or split.validation"
  }
}
