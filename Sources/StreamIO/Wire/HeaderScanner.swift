/// Reads the JSON that senders' libraries write for a header at a small part of what a decoder costs, without allocating.
///
/// It takes a subset of JSON: an object of plain strings, numbers, lists and objects. What is beyond that (escapes, keys given
/// twice, numbers in unusual notation, mistakes of any kind) gives nil and is `JSONDecoder`'s to read or refuse: there is one
/// judge of headers, with whom this only has to agree about what it takes.
struct HeaderScanner {
  // Valid while the scanner is used; every access is checked.
  private let bytes: UnsafeRawBufferPointer
  private var place = 0

  static func scan<Keys: HeaderKeys>(_ json: RawSpan) -> Keys? {
    json.withUnsafeBytes { bytes in
      var scanner = HeaderScanner(bytes: bytes)
      guard let keys = scanner.object() as Keys? else { return nil }
      scanner.skipSpace()
      return scanner.place == bytes.count ? keys : nil
    }
  }

  private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  /// Sets what was not yet set to a value that was read.
  func set<Value>(_ target: inout Value?, _ value: Value?) -> Bool {
    guard target == nil, let value else { return false }
    target = value
    return true
  }

  // MARK: Values

  mutating func object<Keys: HeaderKeys>() -> Keys? {
    var keys = Keys()
    guard take("{") else { return nil }
    if take("}") { return keys }
    repeat {
      guard let key = string(), take(":"), keys.read(key, from: &self) else { return nil }
    } while take(",")
    return take("}") ? keys : nil
  }

  /// Text of printable ASCII without escapes.
  mutating func string() -> String? {
    guard take("\"") else { return nil }
    let start = place
    while let byte = peek, byte != UInt8(ascii: "\"") {
      guard (0x20...0x7E).contains(byte), byte != UInt8(ascii: "\\") else { return nil }
      place += 1
    }
    guard peek != nil else { return nil }
    defer { place += 1 }
    return String(decoding: bytes[start..<place], as: UTF8.self)
  }

  /// A whole number from 0, without sign and exponent.
  mutating func integer() -> Int? {
    skipSpace()
    guard let digits = wholeDigits(), isAtEndOfValue else { return nil }
    // 18 digits fit.
    return digits.count > 18 ? nil : digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  /// A number without exponent, of at most 15 bytes, which a String holds without storage of its own.
  mutating func number() -> Double? {
    skipSpace()
    let start = place
    if peek == UInt8(ascii: "-") { place += 1 }
    guard wholeDigits() != nil else { return nil }
    if peek == UInt8(ascii: ".") {
      place += 1
      guard !digits().isEmpty else { return nil }
    }
    guard isAtEndOfValue, place - start <= 15 else { return nil }
    return Double(String(decoding: bytes[start..<place], as: UTF8.self))
  }

  /// Passes over the value of a key that means nothing here.
  mutating func skipValue(depth: Int = 0) -> Bool {
    skipSpace()
    switch peek {
    case UInt8(ascii: "\""): return string() != nil
    case UInt8(ascii: "["):
      return skipList(closing: "]", depth: depth) { $0.skipValue(depth: depth + 1) }
    case UInt8(ascii: "{"):
      return skipList(closing: "}", depth: depth) {
        $0.string() != nil && $0.take(":") && $0.skipValue(depth: depth + 1)
      }
    case UInt8(ascii: "t"), UInt8(ascii: "f"), UInt8(ascii: "n"):
      return take(word: "true") || take(word: "false") || take(word: "null")
    default: return number() != nil
    }
  }

  private mutating func skipList(
    closing: Unicode.Scalar, depth: Int, _ skipElement: (inout HeaderScanner) -> Bool
  ) -> Bool {
    place += 1
    guard depth < 8 else { return false }
    if take(closing) { return true }
    repeat {
      guard skipElement(&self) else { return false }
    } while take(",")
    return take(closing)
  }

  // MARK: Bytes

  private var peek: UInt8? { place < bytes.count ? bytes[place] : nil }

  private var isAtEndOfValue: Bool {
    switch peek {
    case UInt8(ascii: ","), UInt8(ascii: "]"), UInt8(ascii: "}"), 0x20, 0x09, 0x0A, 0x0D: true
    default: false
    }
  }

  private mutating func skipSpace() {
    while let byte = peek, byte == 0x20 || byte == 0x09 || byte == 0x0A || byte == 0x0D { place += 1 }
  }

  /// Passes over digits.
  private mutating func digits() -> Slice<UnsafeRawBufferPointer> {
    let start = place
    while let byte = peek, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) { place += 1 }
    return bytes[start..<place]
  }

  /// Passes over the digits of a whole number, which begins with 0 only if it is 0.
  private mutating func wholeDigits() -> Slice<UnsafeRawBufferPointer>? {
    let digits = digits()
    return digits.isEmpty || digits.count > 1 && digits.first == UInt8(ascii: "0") ? nil : digits
  }

  /// Passes over white space and, if it comes next, the character.
  mutating func take(_ character: Unicode.Scalar) -> Bool {
    skipSpace()
    guard peek == UInt8(ascii: character) else { return false }
    place += 1
    return true
  }

  private mutating func take(word: StaticString) -> Bool {
    let length = word.utf8CodeUnitCount
    guard bytes.count - place >= length,
      word.withUTF8Buffer({ bytes[place..<place + length].elementsEqual($0) })
    else { return false }
    place += length
    return isAtEndOfValue
  }
}
