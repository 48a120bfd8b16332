/// How the signals of a BLOW5 file's reads are compressed; the number is the file's.
enum SignalCompression: UInt8 {
  case none = 0
  /// Differences, as unsigned numbers (zigzag), in StreamVByte.
  case differences = 1
  /// Differences in a byte each, but for exceptions, which StreamVByte lists (ex-zd).
  case exceptions = 2

  /// Bytes of a signal whose `len_raw_signal` is `length`, which are samples or, of a compressed one, bytes already.
  func bytes(ofLength length: UInt64) -> Int? {
    guard let length = Int(exactly: length) else { return nil }
    return self == .none ? checkedProduct(length, 2) : length
  }

  /// The samples that `bytes` hold; nil where they are damaged.
  func decompress(_ bytes: ArraySlice<UInt8>) -> [Int16]? {
    let bytes = Array(bytes)
    switch self {
    case .none: return stride(from: 0, to: bytes.count, by: 2).compactMap { bytes.littleEndian(at: $0) }
    case .differences: return Self.differences(bytes)
    case .exceptions: return Self.exceptions(bytes)
    }
  }

  /// The number of samples, then StreamVByte of the differences.
  private static func differences(_ bytes: [UInt8]) -> [Int16]? {
    guard let count = bytes.littleEndian(UInt32.self, at: 0),
      let differences = StreamVByte.decode(bytes.dropFirst(4), count: Int(count))
    else { return nil }
    return sums(differences)
  }

  /// A version, 0; the number of samples; by how many bits they were shifted; the first difference in two bytes; the
  /// number of exceptions, their places and what they exceed a byte by; the others, a byte each.
  private static func exceptions(_ bytes: [UInt8]) -> [Int16]? {
    let start = 16
    guard bytes.count >= start, bytes[0] == 0, bytes[9] <= 5,
      let count = bytes.littleEndian(UInt64.self, at: 1),
      let first = bytes.littleEndian(UInt16.self, at: 10),
      let exceptionCount = bytes.littleEndian(UInt32.self, at: 12),
      let lists = lists(bytes.dropFirst(start), count: Int(exceptionCount))
    else { return nil }
    // Each but the first difference is an exception or a byte.
    guard count == 1 + UInt64(exceptionCount) + UInt64(lists.rest.count) else { return nil }
    var differences = [UInt32(first)]
    differences.reserveCapacity(Int(count))
    var rest = lists.rest.makeIterator()
    for (place, excess) in zip(lists.places, lists.excesses) {
      while differences.count < place + 1 {
        guard let byte = rest.next() else { return nil }
        differences.append(UInt32(byte))
      }
      guard excess <= UInt32(UInt16.max) - 256 else { return nil }
      differences.append(excess + 256)
    }
    while let byte = rest.next() { differences.append(UInt32(byte)) }
    let shift = Int16(bytes[9])
    return sums(differences)?.map { $0 << shift }
  }

  /// The exceptions' places among the differences behind the first one, ascending, what they exceed 255 by less one, and
  /// the bytes that follow.
  private static func lists(
    _ bytes: ArraySlice<UInt8>, count: Int
  ) -> (places: [Int], excesses: [UInt32], rest: ArraySlice<UInt8>)? {
    if count == 0 { return ([], [], bytes) }
    // A single one stands as it is, more in StreamVByte behind the number of its bytes.
    var rest = bytes
    func list() -> [UInt32]? {
      guard let size = Array(rest.prefix(4)).littleEndian(UInt32.self, at: 0) else { return nil }
      rest = rest.dropFirst(4)
      if count == 1 { return [size] }
      defer { rest = rest.dropFirst(Int(size)) }
      return size <= rest.count ? StreamVByte.decode(rest.prefix(Int(size)), count: count) : nil
    }
    guard let gaps = list(), let excesses = list() else { return nil }
    var places: [Int] = []
    for gap in gaps { places.append((places.last.map { $0 + 1 } ?? 0) + Int(gap)) }
    return (places, excesses, rest)
  }

  /// The samples whose differences are given, zigzag: 0, -1, 1, -2 … as 0, 1, 2, 3 …; nil where one does not fit.
  private static func sums(_ differences: [UInt32]) -> [Int16]? {
    var samples: [Int16] = []
    samples.reserveCapacity(differences.count)
    var last: Int32 = 0
    for difference in differences {
      last &+= Int32(bitPattern: difference >> 1) ^ -Int32(bitPattern: difference & 1)
      guard let sample = Int16(exactly: last) else { return nil }
      samples.append(sample)
    }
    return samples
  }
}
