import CKernels

/// A product's weights, packed for this processor's kernels, and what its left factor must look like.
struct PackedProduct: Sendable {
  let name: String
  /// The numbers of the left factor.
  let input: FactorFormat
  let columns: Int
  let taps: Int
  let width: Int
  private let isGated: Bool
  private let panels: PackedBytes
  private let initial: PackedBytes
  /// int8 only.
  private let dequantisation: (scale: PackedBytes, bias: PackedBytes)?

  /// - Parameter gate: weights of the same shape whose silu multiplies the results.
  init(_ weights: DenseWeights, gate: DenseWeights? = nil, input: FactorFormat) {
    name = weights.name
    self.input = input
    (columns, taps, width) = (weights.columns, weights.taps, weights.width)
    isGated = gate != nil
    // In a panel the gates come first.
    let (first, second) = gate.map { ($0, weights) } ?? (weights, nil)
    if input.format == CK_INT8 {
      let (a, b) = (QuantisedWeights(first), second.map(QuantisedWeights.init))
      panels = Self.pack(first, CK_INT8, a.values, b?.values)
      initial = Self.pack(a.initial(zero: input.zero), b?.initial(zero: input.zero))
      dequantisation = (
        Self.pack(a.scales.map { $0 * input.step }, b?.scales.map { $0 * input.step }),
        Self.pack(first.bias, second?.bias)
      )
    } else {
      panels = Self.pack(first, input.format, first.values, second?.values)
      initial = Self.pack(first.bias, second?.bias)
      dequantisation = nil
    }
  }

  private static func pack<Number: BitwiseCopyable>(
    _ weights: DenseWeights, _ format: ck_format, _ first: [Number], _ second: [Number]?
  ) -> PackedBytes {
    let columns = second == nil ? weights.columns : 2 * weights.columns
    return PackedBytes(count: ck_packed_bytes(format, columns, weights.taps, weights.width)) { bytes in
      withOptionalPointer(second) { second in
        ck_pack(bytes, format, first, second, weights.columns, weights.taps, weights.width)
      }
    }
  }

  /// One 32-bit number a column.
  private static func pack<Number: BitwiseCopyable>(_ first: [Number], _ second: [Number]?) -> PackedBytes {
    let columns = second == nil ? first.count : 2 * first.count
    return PackedBytes(count: ck_packed_bytes(CK_FLOAT32, columns, 1, 1)) { bytes in
      withOptionalPointer(second) { ck_pack_vector(bytes, first, $0, first.count) }
    }
  }

  private static func withOptionalPointer<Number: BitwiseCopyable>(_ array: [Number]?, _ body: (UnsafeRawPointer?) -> Void) {
    guard let array else { return body(nil) }
    array.withUnsafeBytes { body($0.baseAddress) }
  }

  /// Multiply-adds for one row.
  var multiplyAdds: Int { columns * taps * width * (isGated ? 2 : 1) }

  /// Bytes that the packed weights take.
  var byteCount: Int { panels.count }

  /// `results = activation(left · weights + bias + residual)`, for `height` rows of each of `windows` windows.
  ///
  /// - Parameters:
  ///   - left: the first row of the first window; `windowBytes` on is that of the next.
  ///   - rows: bytes from a row, and from a tap, to the next.
  ///   - residual: laid out as the results' float32 values.
  func run(
    _ left: UnsafeRawPointer, windows: Int, windowBytes: Int, height: Int, rows: (row: Int, tap: Int),
    activation: ck_activation, residual: UnsafePointer<Float>? = nil, into results: ck_results
  ) {
    var task = ck_product_task(
      format: input.format, left: left, windows: windows, window: windowBytes, height: height,
      rows: ck_rows(row: rows.row, taps: taps, tap: rows.tap, units: input.format.rowBytes(width) / 4),
      weights: ck_weights(
        panels: panels.base, columns: columns, initial: initial.base,
        scale: dequantisation?.scale.base.assumingMemoryBound(to: Float.self),
        bias: dequantisation?.bias.base.assumingMemoryBound(to: Float.self)),
      activation: isGated ? CK_GATED : activation, residual: residual, results: results)
    ck_product(&task)
  }
}
