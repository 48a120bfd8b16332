import CKernels

/// Sees the left factor of every product that can be quantised, before the product is formed.
protocol FactorObserver: AnyObject {
  /// - Parameters:
  ///   - product: its name.
  ///   - length: rows of each of `windows` windows.
  func see(_ product: String, _ factor: Factor, length: Int, windows: Int)
}

extension Factor {
  /// Calls `body` with each number of the rows, as the product takes it.
  func forEach(length: Int, windows: Int, _ body: (Float) -> Void) {
    for window in 0..<windows {
      for row in 0..<length {
        let start = UnsafeRawPointer(data + window * windowBytes + row * rowBytes)
        for column in 0..<columns {
          body(number(start, column))
        }
      }
    }
  }

  private func number(_ row: UnsafeRawPointer, _ column: Int) -> Float {
    switch format.format {
    case CK_FLOAT32: row.load(fromByteOffset: 4 * column, as: Float.self)
    case CK_BFLOAT16: Float(bitPattern: UInt32(row.load(fromByteOffset: 2 * column, as: UInt16.self)) << 16)
    default: (Float(row.load(fromByteOffset: column, as: UInt8.self)) - format.zero) * format.step
    }
  }
}
