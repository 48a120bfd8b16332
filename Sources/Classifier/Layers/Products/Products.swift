import CKernels

/// The matrix products of a training pass: packed weights that all threads share, and this thread's memory for the other
/// factors.
///
/// Factors are float32, or rounded to bfloat16; sums, and all that is kept, are float32.
struct Products {
  let weights: PackedWeights
  let scratch: UnsafeMutableRawPointer

  /// Rows of a result that are formed at once, and rows that a weight's gradient is summed over at once: as many as stay
  /// in the cache.
  private static let (rowsAtOnce, gradientRowsAtOnce) = (128, 512)
  private static let mostStep = 2

  /// Bytes of scratch for products of rows of at most `columns` numbers, `neighbourhood` of them at once in a weight's
  /// gradient.
  static func scratchBytes(columns: Int, neighbourhood: Int) -> Int {
    let size = MemoryLayout<UInt16>.stride
    let rows = mostStep * rowsAtOnce + (neighbourhood + columns - 1) / columns
    let gradient =
      ck_packed_bytes(CK_FLOAT32, neighbourhood, 1, gradientRowsAtOnce) + gradientRowsAtOnce * columns * size
    return max((rows + 1) * columns * size, gradient)
  }

  /// `y = x · W + initial`, or added to y.
  ///
  /// - Parameters:
  ///   - x: the rows as they lie in memory; `view` tells how products read them.
  ///   - panels: packed weights, as many taps as the view has.
  func multiply(
    _ x: Matrix, _ view: RowView, _ panels: UnsafeRawPointer, _ format: ck_format, initial: UnsafeRawPointer,
    into y: Matrix, accumulate: Bool
  ) {
    for first in stride(from: 0, to: y.rows, by: Self.rowsAtOnce) {
      let range = first..<min(first + Self.rowsAtOnce, y.rows)
      let span = view.taps - 1 + (view.width + x.columns - 1) / x.columns
      let block = Matrix(
        x.base + view.step * first * x.stride, rows: view.step * (range.count - 1) + span, columns: x.columns,
        stride: x.stride)
      multiplyBlock(
        block, view, panels, format, initial: initial, into: y.rows(range), accumulate: accumulate)
    }
  }

  private func multiplyBlock(
    _ x: Matrix, _ view: RowView, _ panels: UnsafeRawPointer, _ format: ck_format, initial: UnsafeRawPointer,
    into y: Matrix, accumulate: Bool
  ) {
    let size = format == CK_FLOAT32 ? 4 : 2
    var left = UnsafeRawPointer(x.base)
    if format != CK_FLOAT32 { left = rounded(x) }
    var task = ck_product_task(
      format: format, left: left, windows: 1, window: 0, height: y.rows,
      rows: ck_rows(
        row: view.step * x.stride * size, taps: view.taps, tap: x.stride * size,
        units: format.rowBytes(view.width) / 4),
      weights: ck_weights(panels: panels, columns: y.columns, initial: initial, scale: nil, bias: nil),
      activation: CK_IDENTITY, residual: accumulate ? UnsafePointer(y.base) : nil,
      results: ck_results(values: y.base, window: 0, row: y.stride, operand: ck_operand()))
    ck_product(&task)
  }

  /// How a product reads rows: `taps` neighbouring rows an output, of `width` numbers each, `step` rows on for the next.
  struct RowView {
    var step = 1
    var taps = 1
    let width: Int
  }

  /// `dW += dyᵀ · x`, over the rows of both; those of x may overlap.
  func addGradient(_ dy: Matrix, _ x: Matrix, _ format: ck_format, zeros: UnsafeRawPointer, into dW: Matrix) {
    for first in stride(from: 0, to: dy.rows, by: Self.gradientRowsAtOnce) {
      let range = first..<min(first + Self.gradientRowsAtOnce, dy.rows)
      addBlock(dy.rows(range), x.rows(range), format, zeros: zeros, into: dW)
    }
  }

  private func addBlock(_ dy: Matrix, _ x: Matrix, _ format: ck_format, zeros: UnsafeRawPointer, into dW: Matrix) {
    let panel = format.panelBytes(rows: x.rows)
    ck_pack_rows(scratch, panel, format, x.base, x.stride, x.rows, x.columns)
    var left = (base: UnsafeRawPointer(dy.base), units: dy.rows, unitBytes: dy.stride * MemoryLayout<Float>.stride)
    if format != CK_FLOAT32 {
      let pairs = scratch + ck_packed_bytes(format, x.columns, 1, x.rows)
      ck_interleave_rows(pairs, dy.base, dy.stride, dy.rows, dy.columns)
      left = (UnsafeRawPointer(pairs), (dy.rows + 1) / 2, dy.columns * 4)
    }
    var task = ck_product_task(
      format: format, left: left.base, windows: 1, window: 0, height: dW.rows,
      rows: ck_rows(row: 4, taps: left.units, tap: left.unitBytes, units: 1),
      weights: ck_weights(panels: scratch, columns: dW.columns, initial: zeros, scale: nil, bias: nil),
      activation: CK_IDENTITY, residual: UnsafePointer(dW.base),
      results: ck_results(values: dW.base, window: 0, row: dW.stride, operand: ck_operand()))
    ck_product(&task)
  }

  /// `x` as bfloat16 in the scratch memory.
  private func rounded(_ x: Matrix) -> UnsafeRawPointer {
    assert(x.stride == x.columns)
    var results = ck_results(
      values: nil, window: 0, row: 0,
      operand: ck_operand(
        data: scratch, format: CK_BFLOAT16, window: 0, row: x.columns * MemoryLayout<UInt16>.stride, scale: 1, zero: 0))
    ck_convert(&results, x.base, x.rows, x.columns)
    return UnsafeRawPointer(scratch)
  }
}
