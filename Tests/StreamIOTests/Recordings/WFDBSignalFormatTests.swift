import Testing

@testable import StreamIO

/// Bytes and values derived by hand from signal(5).
@Test(
  arguments: [
    (.format16, [0x01, 0x00, 0xFF, 0xFF, 0x00, 0x80, 0xFF, 0x7F], [1, -1, -32768, 32767]),
    (.format61, [0x00, 0x01, 0xFF, 0xFF, 0x80, 0x00, 0x7F, 0xFF], [1, -1, -32768, 32767]),
    (.format80, [0x00, 0x7F, 0x80, 0xFF], [-128, -1, 0, 127]),
    (.format24, [0x01, 0x02, 0x03, 0xFF, 0xFF, 0xFF, 0x00, 0x00, 0x80], [0x030201, -1, -8_388_608]),
    (.format32, [0x01, 0x02, 0x03, 0x04, 0x00, 0x00, 0x00, 0x80], [0x0403_0201, .min]),
    // 0x123 and 0xABC (negative), then 0x800 (missing) alone in two bytes.
    (.format212, [0x23, 0xA1, 0xBC, 0x00, 0x08], [0x123, 0xABC - 4096, -2048]),
    (.format8, [0x01, 0xFF, 0x80], [1, -1, -128]),
    (.format160, [0x00, 0x80, 0x01, 0x80, 0x00, 0x00], [0, 1, -32768]),
    // -1 and 1 in bits 1...10; of the third, 0b01000_00011, the low half in the first word and the high one in the second.
    (.format310, [0xFE, 0x1F, 0x02, 0x40], [-1, 1, 0b01000_00011]),
    // -1, 1 and -512 from the lowest bit on.
    (.format311, [0xFF, 0x07, 0x00, 0x20], [-1, 1, -512]),
  ] as [(WFDBSignalFormat, [UInt8], [Int32])])
func samplesAreDecodedAsTheStandardSays(format: WFDBSignalFormat, bytes: [UInt8], values: [Int32]) {
  #expect(format.decode(bytes[...], count: values.count) == values)
  #expect(format.sampleCount(bytes: bytes.count) == values.count)
  #expect(format.byteCount(samples: values.count) == bytes.count)
  let moved = [0xEE, 0xEE] + bytes
  #expect(format.decode(moved[2...], count: values.count) == values, "wherever the bytes begin")
}

@Test(arguments: WFDBSignalFormat.allCases)
func bytesAndSamplesOfAFormatAgree(format: WFDBSignalFormat) throws {
  let hasNoBytes = [.null, .format508, .format516, .format524].contains(format)
  for samples in 0..<50 {
    let bytes = try #require(format.byteCount(samples: samples))
    // Two samples of format 310 lie in the bytes that hold three.
    let padded = format == .format310 && samples % 3 == 2 ? samples + 1 : samples
    #expect(format.sampleCount(bytes: bytes) == (hasNoBytes ? 0 : padded))
  }
  switch format {
  case .null, .format508, .format516, .format524: #expect(format.byteCount(samples: .max) == 0)
  case .format8, .format80: #expect(format.byteCount(samples: .max) == .max)
  default: #expect(format.byteCount(samples: .max) == nil)
  }
}
