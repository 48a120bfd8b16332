/// What GNU Radio's ZMQ sinks put before the items when they pass tags.
///
///     u16 0x5FF0 | u8 1 | u64 offset | u64 tags | tags: u64 offset, key, value, srcid as serialised PMTs
///
/// The integers are the sender's own, so little-endian; those within PMTs are big-endian. Sources: gr-zeromq/lib/tag_headers.cc,
/// gnuradio-runtime/lib/pmt/pmt_serialize.cc and include/pmt/pmt_serial_tags.h.
struct GNURadioTagHeader: Equatable {
  /// Index of the first item in its stream, 0...2⁵³.
  var offset: Int
  /// Of the header and its tags: where the items begin.
  var byteCount: Int

  private static let start: [UInt8] = [0xF0, 0x5F, 0x01]
  private static let fixedBytes = 19
  // An offset, and three PMTs of one byte each.
  private static let smallestTagBytes = 8 + 3

  /// Whether the bytes begin with the magic number and the version.
  static func begins(_ bytes: RawSpan) -> Bool {
    bytes.withUnsafeBytes { $0.starts(with: start) }
  }

  static func parse(_ bytes: RawSpan) throws(WireError) -> GNURadioTagHeader {
    try bytes.withUnsafeBytes { (bytes) throws(WireError) in
      guard bytes.count >= fixedBytes else {
        throw .header("expected a tag header of \(fixedBytes) bytes and items, got \(bytes.count) bytes in all")
      }
      guard bytes.starts(with: start) else {
        let got = bytes.prefix(3).map { String($0, radix: 16) }.joined(separator: " ")
        throw .header(
          "expected a tag header, which begins with f0 5f 1, got \(got): remove 'passTags' if the sink passes none")
      }
      let offset = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 3, as: UInt64.self))
      guard offset <= 1 << 53 else { throw .header("expected an offset of at most 2^53, got \(offset)") }
      let tags = UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: 11, as: UInt64.self))
      guard tags <= (bytes.count - fixedBytes) / smallestTagBytes else {
        throw .header("\(tags) tags do not fit into a message of \(bytes.count) bytes")
      }
      var tagReader = PMTSkipper(bytes: bytes, place: fixedBytes)
      for _ in 0..<tags { try tagReader.skipTag() }
      return GNURadioTagHeader(offset: Int(offset), byteCount: tagReader.place)
    }
  }
}

/// Passes over serialised PMTs, GNU Radio's polymorphic values. Every access is checked.
private struct PMTSkipper {
  let bytes: UnsafeRawBufferPointer
  var place: Int

  /// Passes over a tag: its offset, key, value and source.
  mutating func skipTag() throws(WireError) {
    try skip(8)
    try skipValues(3)
  }

  /// Passes over values one after the other. What they are made of follows them, so no depth has to be remembered.
  private mutating func skipValues(_ count: Int) throws(WireError) {
    var pending = count
    while pending > 0 {
      pending -= 1
      switch try byte() {
      case 0x00, 0x01, 0x06: break  // true, false, null
      case 0x02: try skip(integer(bytes: 2))  // symbol
      case 0x03: try skip(4)  // int32
      case 0x04, 0x0B, 0x0D: try skip(8)  // double, uint64, int64
      case 0x05: try skip(16)  // complex
      case 0x07, 0x09: pending += 2  // pair, dictionary: the first, the rest
      case 0x08, 0x0C: pending += try integer(bytes: 4)  // vector, tuple
      case 0x0A: try skipUniformVector()
      case let kind: throw .header("expected a tag's value, got the unknown kind \(kind) at byte \(place - 1)")
      }
      // Each takes a byte at the least.
      guard pending <= bytes.count - place else { throw Self.isCut }
    }
  }

  private mutating func skipUniformVector() throws(WireError) {
    let kind = try byte()
    let count = try integer(bytes: 4)
    let padding = Int(try byte())
    let elementBytes: Int
    switch kind {
    case 0x00, 0x01: elementBytes = 1
    case 0x02, 0x03: elementBytes = 2
    case 0x04, 0x05, 0x08: elementBytes = 4
    case 0x06, 0x07, 0x09, 0x0A: elementBytes = 8
    case 0x0B: elementBytes = 16
    default: throw .header("expected the kind of a tag's vector, got \(kind)")
    }
    // A count has 32 bits.
    try skip(padding + count * elementBytes)
  }

  private mutating func byte() throws(WireError) -> UInt8 {
    guard place < bytes.count else { throw Self.isCut }
    defer { place += 1 }
    return bytes[place]
  }

  /// A big-endian number of 2 or 4 bytes.
  private mutating func integer(bytes count: Int) throws(WireError) -> Int {
    var value = 0
    for _ in 0..<count { value = value << 8 | Int(try byte()) }
    return value
  }

  private mutating func skip(_ count: Int) throws(WireError) {
    guard count <= bytes.count - place else { throw Self.isCut }
    place += count
  }

  private static var isCut: WireError { .header("the message ends within its tags") }
}
