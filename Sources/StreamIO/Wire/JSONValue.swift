/// What can be written as JSON straight into bytes that are used again, where `JSONEncoder` is too slow: for each window.
///
/// Gives what `JSONEncoder` gives with plain slashes: numbers as short as reads back the same, text escaped only where JSON
/// asks for it.
protocol JSONValue {
  func appendJSON(to bytes: inout [UInt8])
}

extension [UInt8] {
  /// Appends a member of an object, or nothing for nil.
  ///
  /// - Parameter key: all that stands before the value: `,"key":`.
  mutating func appendMember(_ key: StaticString, _ value: (some JSONValue)?) {
    guard let value else { return }
    key.withUTF8Buffer { append(contentsOf: $0) }
    value.appendJSON(to: &self)
  }

  mutating func appendText(_ text: String) {
    var text = text
    text.withUTF8 { append(contentsOf: $0) }
  }
}

extension JSONValue where Self: FixedWidthInteger {
  func appendJSON(to bytes: inout [UInt8]) {
    if self < 0 { bytes.append(UInt8(ascii: "-")) }
    // Digits come from the last to the first; 20 are enough for 64 bits.
    withUnsafeTemporaryAllocation(of: UInt8.self, capacity: 20) { digits in
      var (start, rest) = (20, UInt64(magnitude))
      repeat {
        start -= 1
        digits[start] = UInt8(ascii: "0") + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      } while rest > 0
      bytes.append(contentsOf: UnsafeBufferPointer(rebasing: digits[start...]))
    }
  }
}

extension Int: JSONValue {}
extension Int64: JSONValue {}

extension Float: JSONValue {
  /// - Precondition: the value is finite: JSON has no other numbers.
  func appendJSON(to bytes: inout [UInt8]) {
    precondition(isFinite, "a message with a number that JSON can't hold: \(self)")
    // At most 15 bytes, which a String holds without storage of its own.
    bytes.appendText(description)
    if bytes.suffix(2).elementsEqual(".0".utf8) { bytes.removeLast(2) }
  }
}

extension Bool: JSONValue {
  func appendJSON(to bytes: inout [UInt8]) { bytes.appendText(self ? "true" : "false") }
}

extension [Float]: JSONValue {
  func appendJSON(to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "["))
    for index in indices {
      if index > 0 { bytes.append(UInt8(ascii: ",")) }
      self[index].appendJSON(to: &bytes)
    }
    bytes.append(UInt8(ascii: "]"))
  }
}

extension String: JSONValue {
  func appendJSON(to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    if utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
      bytes.appendText(self)
    } else {
      for byte in utf8 { Self.appendEscaped(byte, to: &bytes) }
    }
    bytes.append(UInt8(ascii: "\""))
  }

  private static func appendEscaped(_ byte: UInt8, to bytes: inout [UInt8]) {
    switch byte {
    case UInt8(ascii: "\""): bytes.appendText("\\\"")
    case UInt8(ascii: "\\"): bytes.appendText("\\\\")
    case 0x08: bytes.appendText("\\b")
    case 0x09: bytes.appendText("\\t")
    case 0x0A: bytes.appendText("\\n")
    case 0x0C: bytes.appendText("\\f")
    case 0x0D: bytes.appendText("\\r")
    case ..<0x20: bytes.appendText((byte < 0x10 ? "\\u000" : "\\u00") + String(byte, radix: 16))
    default: bytes.append(byte)
    }
  }
}
