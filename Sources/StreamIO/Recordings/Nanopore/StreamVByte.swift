/// Unsigned numbers in one to four bytes each: first two bits for each number, which say how many, four numbers to a byte
/// from its low end; then the bytes, little-endian.
///
/// Source: Lemire, Kurz, Rupp: Stream VByte: Faster byte-oriented integer compression, Information Processing Letters 130
/// (2018).
enum StreamVByte {
  /// The `count` numbers that `bytes` stand for; nil where they stand for more or fewer.
  static func decode(_ bytes: ArraySlice<UInt8>, count: Int) -> [UInt32]? {
    let controls = (count + 3) / 4
    guard controls <= bytes.count, count <= bytes.count - controls else { return nil }
    let start = bytes.startIndex
    var next = start + controls
    var numbers: [UInt32] = []
    numbers.reserveCapacity(count)
    for index in 0..<count {
      let size = Int(bytes[start + index / 4] >> (2 * UInt8(index % 4)) & 3) + 1
      guard size <= bytes.endIndex - next else { return nil }
      var number: UInt32 = 0
      for place in 0..<size { number |= UInt32(bytes[next + place]) << (8 * UInt32(place)) }
      numbers.append(number)
      next += size
    }
    return next == bytes.endIndex ? numbers : nil
  }
}
