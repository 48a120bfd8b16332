/// A view of float32 numbers in memory that an ``Arena`` or a parameter buffer owns: row-major, `stride` floats from a
/// row's start to the next's. The one handle through which layers touch unsafe memory; it is valid as long as its owner.
struct Matrix {
  let base: UnsafeMutablePointer<Float>
  let rows: Int
  let columns: Int
  let stride: Int

  init(_ base: UnsafeMutablePointer<Float>, rows: Int, columns: Int, stride: Int? = nil) {
    self.base = base
    self.rows = rows
    self.columns = columns
    self.stride = stride ?? columns
  }

  var count: Int { rows * columns }

  /// Rows `range`, all columns.
  func rows(_ range: Range<Int>) -> Matrix {
    assert(range.lowerBound >= 0 && range.upperBound <= rows)
    return Matrix(base + range.lowerBound * stride, rows: range.count, columns: columns, stride: stride)
  }

  /// Columns `range`, all rows.
  func columns(_ range: Range<Int>) -> Matrix {
    assert(range.lowerBound >= 0 && range.upperBound <= columns)
    return Matrix(base + range.lowerBound, rows: rows, columns: range.count, stride: stride)
  }

  subscript(row: Int, column: Int) -> Float {
    get { base[row * stride + column] }
    nonmutating set { base[row * stride + column] = newValue }
  }

  /// Sets every element; rows must be contiguous.
  func fill(_ value: Float) {
    assert(stride == columns)
    base.update(repeating: value, count: count)
  }

  /// Copies an equally shaped matrix; the rows of both must be contiguous.
  func copy(from other: Matrix) {
    assert(count == other.count && stride == columns && other.stride == other.columns)
    base.update(from: other.base, count: count)
  }
}
