/// Collects the ranges of the left factors of a float32 model's products.
final class Calibration {
  private(set) var ranges: [String: ClosedRange<Float>] = [:]

  func record(_ name: String, _ x: Factor, length: Int, windows: Int) {
    var range = ranges[name] ?? 0...0
    for window in 0..<windows {
      let values = UnsafeBufferPointer(
        start: (x.data + window * x.windowBytes).assumingMemoryBound(to: Float.self), count: length * x.columns)
      for value in values {
        range = min(range.lowerBound, value)...max(range.upperBound, value)
      }
    }
    ranges[name] = range
  }
}
