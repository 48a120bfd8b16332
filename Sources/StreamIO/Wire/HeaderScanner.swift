/// Reads the JSON that senders' libraries write for a header at a small part of what a decoder costs, without allocating.
///
/// It takes a subset of JSON: an object of plain strings, numbers and lists. What is beyond that (escapes, keys given twice,
/// numbers in unusual notation, mistakes of any kind) gives nil and is `JSONDecoder`'s to read or refuse: there is one
/// judge of headers, with whom this only has to agree about what it takes.
struct HeaderScanner {
  // Valid while the scanner is used; every access is checked.
  private let bytes: UnsafeRawBufferPointer
  private var place = 0

  static func scan(_ json: RawSpan) -> ArrayHeader.Keys? {
    json.withUnsafeBytes {
      var scanner = HeaderScanner(bytes: $0)
      return scanner.header()
    }
  }

  private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

  private mutating func header() -> ArrayHeader.Keys? {
    var keys = ArrayHeader.Keys()
    guard take("{") else { return nil }
    if !take("}") {
      repeat {
        guard let key = string(), take(":"), member(key, of: &keys) else { return nil }
      } while take(",")
      guard take("}") else { return nil }
    }
    skipSpace()
    return place == bytes.count ? keys : nil
  }

  /// Reads the value of `key`.
  private mutating func member(_ key: String, of keys: inout ArrayHeader.Keys) -> Bool {
    switch key {
    case "htype": set(&keys.htype, string().map { .name($0) })
    case "type": set(&keys.type, string())
    case "dtype": set(&keys.dtype, string())
    case "shape": set(&keys.shape, shape())
    case "endianness": set(&keys.endianness, string())
    case "encoding": set(&keys.encoding, string())
    case "source": set(&keys.source, string())
    case "start": set(&keys.start, integer())
    case "frame": set(&keys.frame, integer())
    case "t_us": set(&keys.t_us, integer().map(Int64.init))
    case "sample_rate": set(&keys.sample_rate, number())
    case "units": set(&keys.units, string())
    case "scale": set(&keys.scale, number())
    case "offset": set(&keys.offset, number())
    default: skipValue(depth: 0)
    }
  }

  /// Sets what was not yet set to a value that was read.
  private func set<Value>(_ target: inout Value?, _ value: Value?) -> Bool {
    guard target == nil, let value else { return false }
    target = value
    return true
  }

  // MARK: Values

  /// Text of printable ASCII without escapes.
  private mutating func string() -> String? {
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
  private mutating func integer() -> Int? {
    skipSpace()
    guard let digits = wholeDigits(), isAtEndOfValue else { return nil }
    // 18 digits fit.
    return digits.count > 18 ? nil : digits.reduce(0) { $0 * 10 + Int($1 - UInt8(ascii: "0")) }
  }

  /// A number without exponent, of at most 15 bytes, which a String holds without storage of its own.
  private mutating func number() -> Double? {
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

  /// `[N]` or `[N, C]`.
  private mutating func shape() -> ArrayHeader.Shape? {
    guard take("["), let first = integer() else { return nil }
    if take("]") { return .vector(first) }
    guard take(","), let second = integer(), take("]") else { return nil }
    return .matrix(first, second)
  }

  /// Passes over the value of a key that means nothing here.
  private mutating func skipValue(depth: Int) -> Bool {
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
  private mutating func take(_ character: Unicode.Scalar) -> Bool {
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
