/// How the samples of a WFDB signal file are stored. Raw values are the codes of signal(5).
enum WFDBSignalFormat: Int, Sendable, CaseIterable {
  /// No samples: a signal that a layout names.
  case null = 0
  /// 8-bit two's complement: the difference to the sample before, of the first one to the header's initial value.
  case format8 = 8
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
  /// 16-bit offset binary, low byte first: the value plus 32768.
  case format160 = 160
  /// Pairs of 12-bit two's complement in three bytes: the low byte of the first sample; then its high 4 bits in the
  /// low half of the second byte, and those of the second sample in the high half; the low byte of the second sample.
  case format212 = 212
  /// Threes of 10-bit two's complement in two 16-bit words, low byte first: bits 1...10 of each word are a sample, its bits
  /// 11...15 the low and the high half of the third.
  case format310 = 310
  /// Threes of 10-bit two's complement in one 32-bit word, low byte first: bits 0...9, 10...19 and 20...29.
  case format311 = 311
  /// FLAC streams of up to 8, 16 and 24 bits a sample, a channel for each signal. No bytes of their own.
  case format508 = 508
  case format516 = 516
  case format524 = 524

  /// The value that stands for a sample that is missing: the lowest one; one that can't occur where there is none.
  var missing: Int32 {
    switch self {
    case .format16, .format61, .format160, .format516: -1 << 15
    case .format24, .format524: -1 << 23
    case .null, .format8, .format32: .min
    case .format80, .format508: -1 << 7
    case .format212: -1 << 11
    case .format310, .format311: -1 << 9
    }
  }

  /// Samples that are stored together, so that one can only begin to read before them.
  var blockSamples: Int {
    switch self {
    case .format212: 2
    case .format310, .format311: 3
    default: 1
    }
  }

  // Bytes of such a block, and of its first samples when the file ends behind them.
  private var blockBytes: [Int] {
    switch self {
    case .null, .format508, .format516, .format524: [0]
    case .format8, .format80: [1]
    case .format16, .format61, .format160: [2]
    case .format24: [3]
    case .format32: [4]
    case .format212: [2, 3]
    case .format310: [2, 4, 4]
    case .format311: [2, 3, 4]
    }
  }

  /// Bytes that `samples` samples take; nil where that exceeds what an `Int` holds.
  func byteCount(samples: Int) -> Int? {
    let (blocks, rest) = samples.quotientAndRemainder(dividingBy: blockSamples)
    return checkedProduct(blocks, blockBytes[blockSamples - 1])?.adding(rest > 0 ? blockBytes[rest - 1] : 0)
  }

  /// Samples that `bytes` bytes hold.
  func sampleCount(bytes: Int) -> Int {
    let whole = blockBytes[blockSamples - 1]
    guard whole > 0 else { return 0 }
    let (blocks, rest) = bytes.quotientAndRemainder(dividingBy: whole)
    return blocks * blockSamples + blockBytes.dropLast().count { $0 <= rest }
  }

  /// The samples `first..<first + count` of `bytes`, as stored.
  ///
  /// - Precondition: `bytes` begin with a block and hold these samples.
  func decode(_ bytes: ArraySlice<UInt8>, from first: Int = 0, count: Int) -> [Int32] {
    precondition(first + count <= sampleCount(bytes: bytes.count), "the caller compares the count with the bytes")
    return bytes.withUnsafeBufferPointer { raw in
      [Int32](unsafeUninitializedCapacity: count) { samples, initialised in
        for index in 0..<count { samples.initializeElement(at: index, to: sample(first + index, of: raw)) }
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
    case .null, .format508, .format516, .format524:
      return missing
    case .format8:
      return Int32(Int8(bitPattern: raw[index]))
    case .format80:
      return Int32(raw[index]) - 128
    case .format160:
      return Int32(raw[2 * index + 1]) << 8 + Int32(raw[2 * index]) - 32768
    case .format212:
      let pair = index / 2 * 3
      let high = index.isMultiple(of: 2) ? raw[pair + 1] << 4 : raw[pair + 1] & 0xF0
      return Int32(Int8(bitPattern: high)) << 4 | Int32(raw[index.isMultiple(of: 2) ? pair : pair + 2])
    case .format310:
      return sample310(index, of: raw)
    case .format311:
      let (block, place) = index.quotientAndRemainder(dividingBy: 3)
      // The file may end within the last word.
      let bits = (0..<4).reduce(UInt32(0)) { word, byte in
        let position = 4 * block + byte
        return word | (position < raw.count ? UInt32(raw[position]) << (8 * byte) : 0)
      }
      return Int32(bitPattern: bits << (22 - 10 * place)) >> 22
    }
  }

  private func sample310(_ index: Int, of raw: UnsafeBufferPointer<UInt8>) -> Int32 {
    func word(_ offset: Int) -> UInt32 { UInt32(raw[offset]) | UInt32(raw[offset + 1]) << 8 }
    let (block, place) = index.quotientAndRemainder(dividingBy: 3)
    let bits =
      switch place {
      case 0: word(4 * block) >> 1
      case 1: word(4 * block + 2) >> 1
      default: word(4 * block) >> 11 | (word(4 * block + 2) >> 11) << 5
      }
    return Int32(bitPattern: bits << 22) >> 22
  }
}

extension Int {
  /// The sum, or nil where it exceeds what an `Int` holds.
  fileprivate func adding(_ other: Int) -> Int? {
    let (sum, overflow) = addingReportingOverflow(other)
    return overflow ? nil : sum
  }
}
