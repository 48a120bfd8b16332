import Classifier

extension LabelledWindows {
  /// Whether every channel of window `index` is constant.
  func isConstant(_ index: Int) -> Bool {
    (0..<channels).allSatisfy { isConstant(index, channel: $0) }
  }
}

/// Finds windows with the same samples.
struct WindowIndex {
  private let windows: LabelledWindows
  /// By a hash of their samples; of equal windows the first.
  private var places: [Int: [Int]] = [:]

  init(_ windows: LabelledWindows) {
    self.windows = windows
  }

  /// Adds window `n` unless an earlier one is the same, and returns that. Constant windows, which are alike without being
  /// copies, are passed over.
  mutating func insert(_ n: Int) -> Int? {
    guard !windows.isConstant(n) else { return nil }
    let samples = windows.window(n)
    let key = samples.hashValue
    if let equal = places[key]?.first(where: { windows.window($0) == samples }) { return equal }
    places[key, default: []].append(n)
    return nil
  }

  /// Whether window `n` of `others` is one of those added.
  func contains(_ others: LabelledWindows, _ n: Int) -> Bool {
    let samples = others.window(n)
    return places[samples.hashValue]?.contains { windows.window($0) == samples } ?? false
  }
}
