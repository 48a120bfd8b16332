/// An array of numbers as NumPy keeps it in `.npy` files.
///
/// Source: numpy.lib.format, versions 1.0 to 3.0.
package struct NumPyArray: Sendable, Equatable {
  /// Elements along each dimension, the slowest one first; empty for a single number.
  package let shape: [Int]
  package let element: NumPyElement
  // The elements in C order, little-endian.
  private let bytes: [UInt8]
  private let path: String

  /// An array of float32.
  ///
  /// - Parameter floats: in C order, as many as the product of `shape`.
  package init(shape: [Int], floats: [Float]) {
    precondition(shape.reduce(1, *) == floats.count, "as many numbers as the shape says")
    let bytes = floats.flatMap { value in
      withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
    }
    self.init(shape: shape, element: .float32, littleEndianBytes: bytes, path: "array")
  }

  /// - Precondition: `bytes` holds the elements of `shape`, in C order, little-endian.
  init(shape: [Int], element: NumPyElement, littleEndianBytes bytes: [UInt8], path: String) {
    self.shape = shape
    self.element = element
    self.bytes = bytes
    self.path = path
  }

  /// Elements of the whole array.
  package var count: Int { bytes.count / element.byteCount }

  /// The shape as Python writes it: "(3, 4)", "(3,)", "()".
  package var shapeText: String { Self.text(shape: shape) }

  static func text(shape: [Int]) -> String {
    shape.count == 1 ? "(\(shape[0]),)" : "(" + shape.map(String.init).joined(separator: ", ") + ")"
  }

  /// The elements in C order, rounded to float32 where they have more digits; true is 1.
  package func floats() -> [Float] {
    switch element {
    case .bool: converted(UInt8.self) { $0 == 0 ? 0 : 1 }
    case .int8: converted(Int8.self) { Float($0) }
    case .uint8: converted(UInt8.self) { Float($0) }
    case .int16: converted(Int16.self) { Float($0) }
    case .uint16: converted(UInt16.self) { Float($0) }
    case .int32: converted(Int32.self) { Float($0) }
    case .uint32: converted(UInt32.self) { Float($0) }
    case .int64: converted(Int64.self) { Float($0) }
    case .uint64: converted(UInt64.self) { Float($0) }
    case .float16: converted(UInt16.self) { Float(Float16(bitPattern: $0)) }
    case .float32: converted(UInt32.self) { Float(bitPattern: $0) }
    case .float64: converted(UInt64.self) { Float(Double(bitPattern: $0)) }
    }
  }

  /// The elements in C order as integers; true is 1.
  ///
  /// - Throws: `FileError` where one is no whole number, or beyond what an `Int` holds.
  package func integers() throws(FileError) -> [Int] {
    let values: [Int?] =
      switch element {
      case .bool: converted(UInt8.self) { $0 == 0 ? 0 : 1 }
      case .int8: converted(Int8.self) { Int($0) }
      case .uint8: converted(UInt8.self) { Int($0) }
      case .int16: converted(Int16.self) { Int($0) }
      case .uint16: converted(UInt16.self) { Int($0) }
      case .int32: converted(Int32.self) { Int($0) }
      case .uint32: converted(UInt32.self) { Int($0) }
      case .int64: converted(Int64.self) { Int($0) }
      case .uint64: converted(UInt64.self) { Int(exactly: $0) }
      case .float16: converted(UInt16.self) { Int(exactly: Float16(bitPattern: $0)) }
      case .float32: converted(UInt32.self) { Int(exactly: Float(bitPattern: $0)) }
      case .float64: converted(UInt64.self) { Int(exactly: Double(bitPattern: $0)) }
      }
    var integers: [Int] = []
    integers.reserveCapacity(values.count)
    for (index, value) in values.enumerated() {
      guard let value else {
        throw FileError(
          path: path, message: "element \(index) is not a whole number of 64 bits: integers are needed here")
      }
      integers.append(value)
    }
    return integers
  }

  private func converted<Stored: FixedWidthInteger, Value>(
    _: Stored.Type, _ convert: (Stored) -> Value
  ) -> [Value] {
    bytes.withUnsafeBytes { raw in
      let size = MemoryLayout<Stored>.size
      return [Value](unsafeUninitializedCapacity: raw.count / size) { values, initialised in
        for index in 0..<raw.count / size {
          let stored = Stored(littleEndian: raw.loadUnaligned(fromByteOffset: index * size, as: Stored.self))
          values.initializeElement(at: index, to: convert(stored))
        }
        initialised = raw.count / size
      }
    }
  }

  /// Writes the array to a `.npy` file, so that a reader sees the old file or the whole new one.
  ///
  /// - Throws: `FileError` where that can't be done; a file that was there is then unchanged.
  package func write(path: String) throws(FileError) {
    try FileBytes.writeAtomically(encoded(), path: path)
  }

  /// The content of a `.npy` file, version 1.0, C order.
  func encoded() -> [UInt8] { Self.header(shape: shape, element: element) + bytes }

  /// What comes before the elements in such a file.
  static func header(shape: [Int], element: NumPyElement) -> [UInt8] {
    let header = "{'descr': '\(element.descriptor)', 'fortran_order': False, 'shape': \(text(shape: shape)), }"
    // Padding so that the elements begin at a multiple of 64 bytes, as numpy does.
    let padding = 63 - (10 + header.utf8.count) % 64
    var file = NumPyHeader.magic + [1, 0]
    let length = UInt16(header.utf8.count + padding + 1)
    file += [UInt8(truncatingIfNeeded: length), UInt8(truncatingIfNeeded: length >> 8)]
    return file + Array(header.utf8) + [UInt8](repeating: 0x20, count: padding) + [0x0A]
  }
}
