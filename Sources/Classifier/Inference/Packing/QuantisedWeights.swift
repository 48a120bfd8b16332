/// Weights as 8-bit integers with one scale a column: `weight ≈ value · scale`, values in −127 ... 127.
struct QuantisedWeights {
  private(set) var values: [Int8]
  /// `[columns]`
  private(set) var scales: [Float]
  private let length: Int

  init(_ weights: DenseWeights) {
    self.init(weights.values[...], columns: weights.columns)
  }

  /// - Parameter weights: `[columns, …]`.
  init(_ weights: ArraySlice<Float>, columns: Int) {
    length = weights.count / columns
    values = []
    values.reserveCapacity(weights.count)
    scales = []
    for column in 0..<columns {
      let row = weights.dropFirst(column * length).prefix(length)
      let scale = Self.scale(row)
      scales.append(scale)
      values.append(contentsOf: row.lazy.map { Int8(($0 / scale).rounded(.toNearestOrEven)) })
    }
  }

  /// Numbers that were read.
  init(values: [Int8], scales: [Float]) {
    (self.values, self.scales) = (values, scales)
    length = values.count / scales.count
  }

  /// The scale that spreads a column over the integers; 1 for a column of zeros.
  private static func scale(_ row: ArraySlice<Float>) -> Float {
    let largest = row.reduce(Float(0)) { max($0, abs($1)) }
    return largest > 0 ? max(largest / 127, .leastNormalMagnitude) : 1
  }

  /// The weights that the integers stand for.
  var numbers: [Float] {
    values.indices.map { Float(values[$0]) * scales[$0 / length] }
  }

  /// What sums begin with, so that the part of the left factor's zero point is taken away: −zero · Σ values.
  func initial(zero: Float) -> [Int32] {
    scales.indices.map { column in
      -Int32(zero) * values[column * length..<(column + 1) * length].reduce(Int32(0)) { $0 + Int32($1) }
    }
  }
}
