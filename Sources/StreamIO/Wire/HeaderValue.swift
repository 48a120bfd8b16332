/// Checks of values that several formats' headers have.
enum HeaderValue {
  /// Integers beyond this are not exact in JSON, whose numbers are doubles for most readers.
  static let exactIntegers = -(1 << 53)...(1 << 53)

  /// An index or a number of things, 0...2⁵³.
  static func index(_ value: Int?, _ key: StaticString) throws(WireError) -> Int? {
    guard let value else { return nil }
    guard value >= 0 && exactIntegers.contains(value) else {
      throw .header("`\(key)`: expected an integer from 0 to 2^53, got \(value)")
    }
    return value
  }

  /// Frames a second, above 0.
  static func rate(_ value: Double?) throws(WireError) -> Double? {
    guard let value else { return nil }
    guard value > 0 && value.isFinite else { throw .header("`sample_rate`: expected a number above 0, got \(value)") }
    return value
  }
}
