import Yams

extension YAMLValue {
  /// The value as a range within `bounds`: a list of two finite numbers, the smaller one first, or one number for both.
  /// - Throws: `ConfigurationError` where it is something else.
  func range(in bounds: ClosedRange<Double>, example: String) throws(ConfigurationError) -> ClosedRange<Double> {
    guard case .sequence = node else {
      let value = try number(in: bounds, example: example)
      return value...value
    }
    let items = try list()
    guard items.count == 2 else {
      throw mismatch("one number or two, the smaller one first", example: example)
    }
    let lower = try items[0].number(in: bounds, example: Quantity.text(bounds.lowerBound))
    let upper = try items[1].number(in: bounds, example: Quantity.text(bounds.upperBound))
    guard lower <= upper else {
      throw location.error(
        "the range ends before it begins: write for example "
          + location.example("[ \(Quantity.text(upper)), \(Quantity.text(lower)) ]"))
    }
    return lower...upper
  }
}
