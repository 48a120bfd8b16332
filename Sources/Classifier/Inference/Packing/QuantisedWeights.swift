/// Weights as 8-bit integers with one scale a column: `weight ≈ value · scale`, values in −127 ... 127.
struct QuantisedWeights {
  private(set) var values: [Int8]
  /// `[columns]`
  private(set) var scales: [Float]
  private let length: Int

  init(_ weights: DenseWeights) {
    length = weights.taps * weights.width
    values = []
    values.reserveCapacity(weights.values.count)
    scales = []
    for column in 0..<weights.columns {
      let row = weights.values[column * length..<(column + 1) * length]
      let scale = Self.scale(row)
      scales.append(scale)
      values.append(contentsOf: row.lazy.map { Int8(($0 / scale).rounded(.toNearestOrEven)) })
    }
  }

  /// The scale that spreads a column over the integers; 1 for a column of zeros.
  static func scale(_ row: ArraySlice<Float>) -> Float {
    let largest = row.reduce(Float(0)) { max($0, abs($1)) }
    // The quotient of the largest must not round past 127.
    return largest > 0 ? max(largest / 127, .leastNormalMagnitude) : 1
  }

  /// What sums begin with, so that the part of the left factor's zero point is taken away: −zero · Σ values.
  func initial(zero: Float) -> [Int32] {
    scales.indices.map { column in
      -Int32(zero) * values[column * length..<(column + 1) * length].reduce(Int32(0)) { $0 + Int32($1) }
    }
  }
}
