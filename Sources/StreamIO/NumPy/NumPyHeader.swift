/// What the header of a `.npy` file says: a Python dictionary with the keys descr, fortran_order and shape.
struct NumPyHeader: Sendable, Equatable {
  /// The first bytes of every `.npy` file.
  static let magic: [UInt8] = [0x93] + Array("NUMPY".utf8)

  var element: NumPyElement
  var isBigEndian: Bool
  /// Whether the first dimension varies fastest, as in Fortran.
  var isFortranOrder: Bool
  var shape: [Int]
  /// Where in the file the elements begin.
  var dataOffset: Int

  /// Elements of the whole array; nil: more than an `Int` counts.
  var elementCount: Int? {
    var count: Int? = 1
    for extent in shape { count = count.flatMap { checkedProduct($0, extent) } }
    return count
  }

  /// Parses the header at the start of `bytes`; `path` names the file in errors.
  ///
  /// - Throws: `FileError` where it is no `.npy` file, is cut off, or has elements that are no plain numbers.
  static func parse(_ bytes: [UInt8], path: String) throws(FileError) -> NumPyHeader {
    guard bytes.starts(with: magic) else {
      throw FileError(path: path, message: "not a NumPy array: a .npy file begins with \\x93NUMPY, check the file")
    }
    guard bytes.count >= 8 else { throw incomplete(path) }
    let (start, length): (Int, Int?) =
      switch bytes[6] {
      case 1: (10, bytes.littleEndian(UInt16.self, at: 8).map(Int.init))
      case 2, 3: (12, bytes.littleEndian(UInt32.self, at: 8).map(Int.init))
      default:
        throw FileError(path: path, message: "version \(bytes[6]) of .npy is not known, only 1 to 3: save it anew")
      }
    guard let length, length <= bytes.count - start else { throw incomplete(path) }
    var literal = PythonLiteral(bytes[start..<start + length], path: path)
    return try literal.header(dataOffset: start + length)
  }

  private static func incomplete(_ path: String) -> FileError {
    FileError(path: path, message: "ends within the header: the file is incomplete, get it again")
  }
}

/// The part of Python's literals that headers of `.npy` files are written in.
private struct PythonLiteral {
  private let bytes: ArraySlice<UInt8>
  private let path: String
  private var position: Int

  init(_ bytes: ArraySlice<UInt8>, path: String) {
    self.bytes = bytes
    self.path = path
    position = bytes.startIndex
  }

  /// `{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }`, the keys in any order.
  mutating func header(dataOffset: Int) throws(FileError) -> NumPyHeader {
    var descriptor: String?
    var isFortranOrder: Bool?
    var shape: [Int]?
    try expect("{")
    while !skip("}") {
      let key = try string()
      try expect(":")
      switch key {
      case "descr": descriptor = try descriptorText()
      case "fortran_order": isFortranOrder = try boolean()
      case "shape": shape = try tuple()
      default: throw error("the key '\(key)' is not known")
      }
      if !skip(",") {
        try expect("}")
        break
      }
    }
    guard next() == nil else { throw error("something follows the dictionary") }
    guard let descriptor, let isFortranOrder, let shape else {
      throw error("one of the keys descr, fortran_order, shape is missing")
    }
    let (element, isBigEndian) = try Self.element(descriptor, path: path)
    return NumPyHeader(
      element: element, isBigEndian: isBigEndian, isFortranOrder: isFortranOrder, shape: shape, dataOffset: dataOffset)
  }

  private static func element(_ descriptor: String, path: String) throws(FileError) -> (NumPyElement, Bool) {
    let orders: Set<Character> = ["<", ">", "|", "="]
    let order = descriptor.first.flatMap { orders.contains($0) ? $0 : nil }
    let code = order == nil ? descriptor : String(descriptor.dropFirst())
    guard let element = code == "?" ? .bool : NumPyElement(rawValue: code) else {
      throw FileError(
        path: path,
        message: "elements of type '\(descriptor)' can't be read: save the array as integers or floats "
          + "(array.astype('float32'))")
    }
    return (element, order == ">")
  }

  private mutating func descriptorText() throws(FileError) -> String {
    guard next() != UInt8(ascii: "[") else {
      throw FileError(
        path: path, message: "elements with fields of their own can't be read: save each field as an array")
    }
    return try string()
  }

  private mutating func string() throws(FileError) -> String {
    guard let quote = next(), quote == UInt8(ascii: "'") || quote == UInt8(ascii: "\"") else {
      throw error("a text in quotes was expected")
    }
    position += 1
    guard let end = bytes[position...].firstIndex(of: quote) else { throw error("a text is not closed") }
    defer { position = end + 1 }
    return String(decoding: bytes[position..<end], as: UTF8.self)
  }

  private mutating func boolean() throws(FileError) -> Bool {
    if skip("True") { return true }
    if skip("False") { return false }
    throw error("True or False was expected")
  }

  private mutating func tuple() throws(FileError) -> [Int] {
    var values: [Int] = []
    try expect("(")
    while !skip(")") {
      values.append(try integer())
      if !skip(",") {
        try expect(")")
        break
      }
    }
    return values
  }

  private mutating func integer() throws(FileError) -> Int {
    _ = next()
    let digits = bytes[position...].prefix { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    guard let value = Int(String(decoding: digits, as: UTF8.self)) else {
      throw error("a number of elements was expected")
    }
    position = digits.endIndex
    // Python 2 marked its long integers.
    _ = skip("L")
    return value
  }

  private mutating func expect(_ text: StaticString) throws(FileError) {
    guard skip(text) else { throw error("'\(text)' was expected") }
  }

  private mutating func skip(_ text: StaticString) -> Bool {
    _ = next()
    let wanted = UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard bytes[position...].starts(with: wanted) else { return false }
    position += wanted.count
    return true
  }

  /// The next byte that is no white space; nil at the end.
  private mutating func next() -> UInt8? {
    let blanks: Set<UInt8> = [0x20, 0x09, 0x0A, 0x0D]
    while position < bytes.endIndex, blanks.contains(bytes[position]) { position += 1 }
    return position < bytes.endIndex ? bytes[position] : nil
  }

  private func error(_ what: String) -> FileError {
    FileError(
      path: path, message: "in the header, \(what) (byte \(position)): the file is damaged or no .npy, get it again")
  }
}
