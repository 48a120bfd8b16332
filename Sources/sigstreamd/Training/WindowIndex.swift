import Classifier

/// Finds windows with the same samples.
struct WindowIndex {
  private let windows: LabelledWindows
  /// Of equal windows the first.
  private var places: [WindowDigest: Int] = [:]

  init(_ windows: LabelledWindows) {
    self.windows = windows
  }

  /// Adds window `n` unless an earlier one is the same, and returns that. Constant windows, which are alike without being
  /// copies, are passed over.
  mutating func insert(_ n: Int) -> Int? {
    guard !windows.isConstant(n) else { return nil }
    let digest = windows.windowDigest(n)
    if let equal = places[digest] { return equal }
    places[digest] = n
    return nil
  }

  /// Whether window `n` of `others` is one of those added.
  func contains(_ others: LabelledWindows, _ n: Int) -> Bool { places[others.windowDigest(n)] != nil }
}
