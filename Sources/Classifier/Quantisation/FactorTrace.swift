/// Keeps the left factors of a pass as the products take them.
final class FactorTrace: FactorObserver {
  /// In the order of the pass.
  private(set) var products: [String] = []
  private(set) var numbers: [String: [Float]] = [:]

  func see(_ product: String, _ factor: Factor, length: Int, windows: Int) {
    var kept = numbers.removeValue(forKey: product) ?? []
    if kept.isEmpty { products.append(product) }
    factor.forEach(length: length, windows: windows) { kept.append($0) }
    numbers[product] = kept
  }

  /// For each product the deviation of `other`'s left factor from this one's, relative to its root mean square.
  func errors(of other: FactorTrace) -> [LayerError] {
    products.map { product in
      var (difference, reference) = (0.0, 0.0)
      for (a, b) in zip(numbers[product]!, other.numbers[product] ?? []) {
        difference += Double(b - a) * Double(b - a)
        reference += Double(a) * Double(a)
      }
      return LayerError(product: product, relative: reference > 0 ? (difference / reference).squareRoot() : 0)
    }
  }
}

/// How far what a layer gets has come from the float32 model's, root mean square over root mean square.
package struct LayerError: Codable, Sendable, Equatable {
  package let product: String
  package let relative: Double
}
