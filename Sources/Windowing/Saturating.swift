extension FixedWidthInteger {
  /// The sum, or the nearest value there is.
  ///
  /// For counts and times that come from outside, where a number beyond the range is a mistake of the sender that must
  /// not stop the program.
  package func addingSaturated(_ other: Self) -> Self {
    let (sum, overflow) = addingReportingOverflow(other)
    if !overflow { return sum }
    return other < 0 ? .min : .max
  }

  /// The difference, or the nearest value there is.
  package func subtractingSaturated(_ other: Self) -> Self {
    let (difference, overflow) = subtractingReportingOverflow(other)
    if !overflow { return difference }
    return other < 0 ? .max : .min
  }

  /// The product, or the nearest value there is.
  package func multipliedSaturated(by other: Self) -> Self {
    let (product, overflow) = multipliedReportingOverflow(by: other)
    if !overflow { return product }
    return (self < 0) == (other < 0) ? .max : .min
  }
}
