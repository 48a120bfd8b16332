import CKernels
import Glibc

/// How a product wants its left factor.
struct FactorFormat: Sendable, Equatable {
  let format: ck_format
  /// int8: `number = (stored − zero) · step`.
  let step: Float
  let zero: Float

  static let float32 = FactorFormat(format: CK_FLOAT32, step: 1, zero: 0)
  static let bfloat16 = FactorFormat(format: CK_BFLOAT16, step: 1, zero: 0)

  static func int8(step: Float, zero: Int) -> FactorFormat {
    FactorFormat(format: CK_INT8, step: step, zero: Float(zero))
  }
}

/// A left factor in memory: the rows of some windows, in the format that a product wants.
struct Factor {
  /// The first row of the first window.
  let data: UnsafeMutableRawPointer
  let format: FactorFormat
  let columns: Int
  let windowBytes: Int

  /// - Parameter pitch: rows from one window's start to the next's.
  init(_ data: UnsafeMutableRawPointer, _ format: FactorFormat, columns: Int, pitch: Int) {
    self.data = data
    self.format = format
    self.columns = columns
    windowBytes = pitch * format.format.rowBytes(columns)
  }

  var rowBytes: Int { format.format.rowBytes(columns) }

  /// Results that go here, and as float32 to `values` too if that is not the same.
  func results(values: FloatRows? = nil) -> ck_results {
    if format.format == CK_FLOAT32 {
      return FloatRows(
        data.assumingMemoryBound(to: Float.self), window: windowBytes / 4, row: rowBytes / 4
      ).results
    }
    var results = values?.results ?? ck_results()
    results.operand = ck_operand(
      data: data, format: format.format, window: windowBytes, row: rowBytes, scale: 1 / format.step, zero: format.zero)
    return results
  }

  /// Puts zeros into `reach` rows before and after each of the first `windows` windows of `length` rows.
  func clearPadding(reach: Int, length: Int, windows: Int) {
    let zero = UInt8(format.zero)
    for window in 0..<windows {
      let start = data + window * windowBytes
      memset(start - reach * rowBytes, Int32(zero), reach * rowBytes)
      memset(start + length * rowBytes, Int32(zero), reach * rowBytes)
    }
  }

  /// The part of one window that begins at `column`; as float32 to `values` too if that is not the same.
  func part(window: Int, column: Int = 0, values: FloatRows? = nil) -> ck_results {
    let offset = window * windowBytes + column * 4 / format.format.unitNumbers
    return Factor(data + offset, self).results(values: values)
  }

  private init(_ data: UnsafeMutableRawPointer, _ other: Factor) {
    self.data = data
    (format, columns, windowBytes) = (other.format, other.columns, other.windowBytes)
  }
}

/// Where float32 results go.
struct FloatRows {
  let base: UnsafeMutablePointer<Float>
  /// Floats from a window, and from a row, to the next.
  let window: Int
  let row: Int

  init(_ base: UnsafeMutablePointer<Float>, window: Int, row: Int) {
    (self.base, self.window, self.row) = (base, window, row)
  }

  var results: ck_results { ck_results(values: base, window: window, row: row, operand: ck_operand()) }
}
