/// How the samples of a WFDB signal file are stored. Raw values are the codes of signal(5).
enum WFDBSignalFormat: Int, Sendable, CaseIterable {
  /// 16-bit two's complement, low byte first.
  case format16 = 16
  /// 24-bit two's complement, low byte first.
  case format24 = 24
  /// 32-bit two's complement, low byte first.
  case format32 = 32
  /// 16-bit two's complement, high byte first.
  case format61 = 61
  /// 8-bit offset binary: the value plus 128.
  case format80 = 80
  /// Pairs of 12-bit two's complement in three bytes: the low byte of the first sample; then its high 4 bits in the
  /// low half of the second byte, and those of the second sample in the high half; the low byte of the second sample.
  case format212 = 212

  /// The value that stands for a sample that is missing: the lowest one.
  var missing: Int32 {
    switch self {
    case .format16, .format61: -1 << 15
    case .format24: -1 << 23
    case .format32: .min
    case .format80: -1 << 7
    case .format212: -1 << 11
    }
  }

  /// Bytes that `samples` samples take; nil where that exceeds what an `Int` holds.
  func byteCount(samples: Int) -> Int? {
    switch self {
    case .format80: return samples
    case .format16, .format61: return checkedProduct(samples, 2)
    case .format24: return checkedProduct(samples, 3)
    case .format32: return checkedProduct(samples, 4)
    case .format212: return checkedProduct(samples / 2, 3)?.adding(samples % 2 * 2)
    }
  }

  /// Samples that `bytes` bytes hold.
  func sampleCount(bytes: Int) -> Int {
    switch self {
    case .format80: bytes
    case .format16, .format61: bytes / 2
    case .format24: bytes / 3
    case .format32: bytes / 4
    case .format212: bytes / 3 * 2 + (bytes % 3 == 2 ? 1 : 0)
    }
  }

  /// The first `count` samples of `bytes`, as stored.
  ///
  /// - Precondition: `bytes` holds them: `count` is at most `sampleCount(bytes: bytes.count)`.
  func decode(_ bytes: ArraySlice<UInt8>, count: Int) -> [Int32] {
    precondition(count <= sampleCount(bytes: bytes.count), "the caller compares the count with the bytes")
    return bytes.withUnsafeBufferPointer { raw in
      [Int32](unsafeUninitializedCapacity: count) { samples, initialised in
        for index in 0..<count { samples.initializeElement(at: index, to: sample(index, of: raw)) }
        initialised = count
      }
    }
  }

  private func sample(_ index: Int, of raw: UnsafeBufferPointer<UInt8>) -> Int32 {
    switch self {
    case .format16:
      return Int32(Int8(bitPattern: raw[2 * index + 1])) << 8 | Int32(raw[2 * index])
    case .format61:
      return Int32(Int8(bitPattern: raw[2 * index])) << 8 | Int32(raw[2 * index + 1])
    case .format24:
      let high = Int32(Int8(bitPattern: raw[3 * index + 2])) << 16
      return high | Int32(raw[3 * index + 1]) << 8 | Int32(raw[3 * index])
    case .format32:
      let high = Int32(Int8(bitPattern: raw[4 * index + 3])) << 24 | Int32(raw[4 * index + 2]) << 16
      return high | Int32(raw[4 * index + 1]) << 8 | Int32(raw[4 * index])
    case .format80:
      return Int32(raw[index]) - 128
    case .format212:
      let pair = index / 2 * 3
      let high = index.isMultiple(of: 2) ? raw[pair + 1] << 4 : raw[pair + 1] & 0xF0
      return Int32(Int8(bitPattern: high)) << 4 | Int32(raw[index.isMultiple(of: 2) ? pair : pair + 2])
    }
  }
}

extension Int {
  /// The sum, or nil where it exceeds what an `Int` holds.
  fileprivate func adding(_ other: Int) -> Int? {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? nil : sum
  }
}
