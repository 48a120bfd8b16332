import Glibc

/// Which windows an epoch takes. An epoch is always as many windows long as the training set.
package enum Sampling: String, CaseIterable, Sendable {
  /// Every window once.
  case natural
  /// A class with n windows in proportion to √n: between the two others.
  case squareRoot = "square-root"
  /// Every class as often: of a rare class windows come several times, of a frequent one only some, others each epoch.
  case balanced

  /// A class with n windows is taken in proportion to n to this power.
  private var exponent: Double {
    switch self {
    case .natural: 1
    case .squareRoot: 0.5
    case .balanced: 0
    }
  }

  /// Indices of one epoch's windows, by class and not shuffled, as many as `labels`. No window of a class comes twice
  /// more often than another one of it.
  func draw(_ labels: [Int], using generator: inout SplitMix64) -> [Int] {
    guard self != .natural else { return Array(labels.indices) }
    let members = Dictionary(grouping: labels.indices, by: { labels[$0] }).sorted { $0.key < $1.key }.map(\.value)
    let quotas = quotas(members.map(\.count))
    var drawn: [Int] = []
    drawn.reserveCapacity(labels.count)
    for (windows, quota) in zip(members, quotas) {
      for _ in 0..<quota / windows.count { drawn += windows }
      drawn += windows.shuffled(using: &generator).prefix(quota % windows.count)
    }
    return drawn
  }

  /// Windows of each class in an epoch; their sum is that of `counts`. What rounding down leaves goes to the largest
  /// remainders.
  private func quotas(_ counts: [Int]) -> [Int] {
    let total = counts.reduce(0, +)
    let weights = counts.map { pow(Double($0), exponent) }
    let exact = weights.map { $0 * Double(total) / weights.reduce(0, +) }
    var quotas = exact.map { Int($0) }
    let remainders = counts.indices.map { exact[$0] - Double(quotas[$0]) }
    let byRemainder = counts.indices.sorted { (remainders[$1], $0) < (remainders[$0], $1) }
    for k in byRemainder.prefix(total - quotas.reduce(0, +)) { quotas[k] += 1 }
    return quotas
  }
}
