import Glibc

/// Numbers in decimal text.
enum NumberText {
  // 10⁰ ... 10²², which are exact in a Double.
  private static let powers: [Double] = (0...22).map { exponent in (0..<exponent).reduce(1) { value, _ in value * 10 } }
  private static let missing: Set<String> = ["nan", "na", "n/a", "null", "none", "-", "?"]

  /// The number that `field` is, without the blanks and quotes around it: NaN for one that is missing; nil for other text.
  ///
  /// Up to 19 digits with a power of ten up to 22 are worked out as a quotient or product of two exact numbers (Clinger
  /// 1990), anything else by strtod; both round correctly to a Double.
  static func value(_ field: UnsafeBufferPointer<UInt8>, decimal: UInt8) -> Double? {
    var (start, end) = (0, field.count)
    while start < end, isBlank(field[start]) { start += 1 }
    while end > start, isBlank(field[end - 1]) { end -= 1 }
    var position = start
    let isNegative = position < end && field[position] == UInt8(ascii: "-")
    if isNegative || position < end && field[position] == UInt8(ascii: "+") { position += 1 }
    var mantissa: UInt64 = 0
    var (digits, fraction) = (0, 0)
    var isFraction = false
    while position < end {
      let byte = field[position]
      if byte &- 0x30 < 10 {
        mantissa = mantissa &* 10 &+ UInt64(byte &- 0x30)
        digits += 1
        if isFraction { fraction += 1 }
      } else if byte == decimal && !isFraction {
        isFraction = true
      } else {
        break
      }
      position += 1
    }
    guard position == end, digits > 0, digits < 19, mantissa < 1 << 53, fraction <= 22 else {
      return slowValue(field[start..<end], decimal: decimal)
    }
    let value = Double(mantissa) / powers[fraction]
    return isNegative ? -value : value
  }

  /// The number that `field` is, as above.
  static func value(_ field: String, decimal: UInt8) -> Double? {
    var field = field
    return field.withUTF8 { value($0, decimal: decimal) }
  }

  private static func isBlank(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x09 || byte == 0x0D || byte == 0x22 || byte == 0x27
  }

  private static func slowValue(_ field: Slice<UnsafeBufferPointer<UInt8>>, decimal: UInt8) -> Double? {
    guard !field.isEmpty else { return .nan }
    let text = String(decoding: field.map { $0 == decimal ? UInt8(ascii: ".") : $0 }, as: UTF8.self)
    if field.count <= 4, missing.contains(text.lowercased()) { return .nan }
    return Double(text)
  }
}
