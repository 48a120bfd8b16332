import FuzzDriver

@testable import StreamIO

extension Readers {
  /// A file of what a recorder wrote. A checksum of 0 stands for the right one: what was changed at random would hardly ever
  /// have it, and go no further.
  static let segments = Fuzzer("segments", seeds: [segment, unsealed(segment)]) { bytes in
    let path = Scratch.write(sealed(bytes), "x.segment")
    try check(SegmentFolder(path: String(path.dropLast("/x.segment".count))))
  }

  /// Two blocks with a gap between them.
  private static var segment: [UInt8] {
    var bytes: [UInt8] = []
    for first in [10, 20] {
      SegmentBlock(
        run: 1, stream: "bed", epoch: 0, firstFrame: first, microseconds: 1_000_000, sampleRateHz: 100, channels: 2,
        units: "mV", samples: [1, 2, 3, 4]
      ).appendEncoded(to: &bytes)
    }
    return bytes
  }

  private static func unsealed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for mark in marks(bytes) { bytes.replaceSubrange(mark + 4..<mark + 12, with: repeatElement(0, count: 8)) }
    return bytes
  }

  private static func sealed(_ bytes: [UInt8]) -> [UInt8] {
    var bytes = bytes
    for mark in marks(bytes) {
      guard let contentBytes: UInt32 = bytes.littleEndian(at: mark + 12),
        let nameBytes: UInt16 = bytes.littleEndian(at: mark + 54),
        let unitBytes: UInt16 = bytes.littleEndian(at: mark + 56)
      else { continue }
      let content = mark + StoredSegmentHead.fixedBytes + Int(nameBytes) + Int(unitBytes)
      // That of the samples is among what the other one is of.
      seal(content..<content + Int(contentBytes), at: mark + 8, of: &bytes)
      seal(mark + 8..<content, at: mark + 4, of: &bytes)
    }
    return bytes
  }

  private static func seal(_ range: Range<Int>, at place: Int, of bytes: inout [UInt8]) {
    guard range.upperBound <= bytes.count, bytes[place..<place + 4].allSatisfy({ $0 == 0 }) else { return }
    var checksum: [UInt8] = []
    checksum.appendLittleEndian(Inflate.checksum(Array(bytes[range])))
    bytes.replaceSubrange(place..<place + 4, with: checksum)
  }

  /// Where blocks may begin.
  private static func marks(_ bytes: [UInt8]) -> [Int] {
    bytes.indices.filter { bytes[$0...].starts(with: StoredSegmentHead.mark) }
  }
}
