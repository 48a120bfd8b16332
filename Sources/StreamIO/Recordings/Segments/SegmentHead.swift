/// What is known about a block of samples.
package struct SegmentHead: Sendable, Equatable {
  package static let mostChannels = Int(UInt16.max)

  /// Which recorder wrote it, by the moment of its start in microseconds since 1970: epochs count anew in each.
  package var run: Int64
  package var stream: String
  /// Of the stream in that run, 0...2³²-1.
  package var epoch: Int
  /// Index in the stream of the first frame, at least 0.
  package var firstFrame: Int
  /// When the first frame was acquired, microseconds since 1970.
  package var microseconds: Int64
  /// Frames a second, above 0.
  package var sampleRateHz: Double
  /// Samples of one frame, 1...mostChannels.
  package var channels: Int
  /// Of the samples; empty where the sender doesn't say.
  package var units: String
}

/// The head as it stands before a block's samples in a file. All numbers are little-endian:
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 4 | `SEGB` |
/// | 4 | 4 | CRC-32 of all that follows but the samples |
/// | 8 | 4 | CRC-32 of the samples |
/// | 12 | 4 | bytes of the samples |
/// | 16 | 8 | `run` |
/// | 24 | 8 | `firstFrame` |
/// | 32 | 8 | `microseconds` |
/// | 40 | 8 | `sampleRateHz`, a double |
/// | 48 | 4 | `epoch` |
/// | 52 | 2 | channels |
/// | 54 | 2 | bytes of the stream's name |
/// | 56 | 2 | bytes of the units |
/// | 58 | 2 | 0 |
/// | 60 | | the stream's name, the units, both UTF-8; the samples, float32 |
struct StoredSegmentHead: Sendable, Equatable {
  static let mark = Array("SEGB".utf8)
  static let fixedBytes = 60
  /// With the longest names.
  static let mostBytes = fixedBytes + StreamName.maximumColumnBytes + 255

  let head: SegmentHead
  let frames: Int
  /// Of the head, with its names.
  let bytes: Int
  /// Of the samples.
  let contentBytes: Int
  let contentChecksum: UInt32

  /// Reads a head that begins at `start`; nil where none is there, or a damaged one.
  init?(_ source: ArraySlice<UInt8>) {
    guard source.starts(with: Self.mark), source.count >= Self.fixedBytes else { return nil }
    let fixed = Array(source.prefix(Self.fixedBytes))
    func number<Value: FixedWidthInteger>(_ offset: Int, _: Value.Type) -> Value {
      guard let value: Value = fixed.littleEndian(at: offset) else { preconditionFailure("within the fixed bytes") }
      return value
    }
    let nameBytes = Int(number(54, UInt16.self))
    let unitBytes = Int(number(56, UInt16.self))
    bytes = Self.fixedBytes + nameBytes + unitBytes
    guard nameBytes <= StreamName.maximumColumnBytes, unitBytes <= 255, source.count >= bytes,
      Inflate.checksum(Array(source.dropFirst(8).prefix(bytes - 8))) == number(4, UInt32.self)
    else { return nil }
    let names = source.dropFirst(Self.fixedBytes)
    contentChecksum = number(8, UInt32.self)
    contentBytes = Int(number(12, UInt32.self))
    head = SegmentHead(
      run: number(16, Int64.self), stream: String(decoding: names.prefix(nameBytes), as: UTF8.self),
      epoch: Int(number(48, UInt32.self)), firstFrame: Int(number(24, Int64.self)),
      microseconds: number(32, Int64.self),
      sampleRateHz: Double(bitPattern: number(40, UInt64.self)), channels: Int(number(52, UInt16.self)),
      units: String(decoding: names.dropFirst(nameBytes).prefix(unitBytes), as: UTF8.self))
    // A program with a checksum may still have written nonsense.
    guard head.channels > 0, contentBytes > 0, contentBytes.isMultiple(of: 4 * head.channels),
      head.sampleRateHz.isFinite, head.sampleRateHz > 0, (0...1 << 53).contains(head.firstFrame),
      (-1 << 61...1 << 61).contains(head.microseconds)
    else { return nil }
    frames = contentBytes / (4 * head.channels)
  }
}

extension SegmentHead {
  /// Appends the head as `StoredSegmentHead` reads it.
  ///
  /// - Parameters:
  ///   - contentBytes: of the samples.
  ///   - contentChecksum: their CRC-32.
  func appendEncoded(to bytes: inout [UInt8], contentBytes: UInt32, contentChecksum: UInt32) {
    let units = Array(units.utf8.prefix(255))
    var fields: [UInt8] = []
    fields.appendLittleEndian(contentChecksum)
    fields.appendLittleEndian(contentBytes)
    fields.appendLittleEndian(run)
    fields.appendLittleEndian(Int64(firstFrame))
    fields.appendLittleEndian(microseconds)
    fields.appendLittleEndian(sampleRateHz.bitPattern)
    fields.appendLittleEndian(UInt32(clamping: epoch))
    fields.appendLittleEndian(UInt16(channels))
    fields.appendLittleEndian(UInt16(stream.utf8.count))
    fields.appendLittleEndian(UInt16(units.count))
    fields.appendLittleEndian(UInt16(0))
    fields += Array(stream.utf8) + units
    bytes += StoredSegmentHead.mark
    bytes.appendLittleEndian(Inflate.checksum(fields))
    bytes += fields
  }
}
