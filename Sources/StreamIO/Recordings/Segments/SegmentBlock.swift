/// Some consecutive samples of one stream: what a segment file is made of.
package struct SegmentBlock: Sendable, Equatable {
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
  /// Samples of one frame, 1...65535.
  package var channels: Int
  /// Of the samples; empty where the sender doesn't say.
  package var units: String
  /// `[frames, channels]` in physical units; missing ones are NaN.
  package var samples: [Float]

  package init(
    run: Int64, stream: String, epoch: Int, firstFrame: Int, microseconds: Int64, sampleRateHz: Double, channels: Int,
    units: String, samples: [Float]
  ) {
    (self.run, self.stream, self.epoch, self.firstFrame) = (run, stream, epoch, firstFrame)
    (self.microseconds, self.sampleRateHz, self.channels) = (microseconds, sampleRateHz, channels)
    (self.units, self.samples) = (units, samples)
  }

  package var frames: Int { samples.count / channels }

  /// The bytes of the block in a file: head, names, samples.
  package func appendEncoded(to bytes: inout [UInt8]) {
    let units = Array(units.utf8.prefix(255))
    let content = samples.littleEndianBytes
    var head: [UInt8] = []
    head.appendLittleEndian(Inflate.checksum(content))
    head.appendLittleEndian(UInt32(content.count))
    head.appendLittleEndian(run)
    head.appendLittleEndian(Int64(firstFrame))
    head.appendLittleEndian(microseconds)
    head.appendLittleEndian(sampleRateHz.bitPattern)
    head.appendLittleEndian(UInt32(clamping: epoch))
    head.appendLittleEndian(UInt16(channels))
    head.appendLittleEndian(UInt16(stream.utf8.count))
    head.appendLittleEndian(UInt16(units.count))
    head.appendLittleEndian(UInt16(0))
    head += Array(stream.utf8) + units
    bytes += SegmentHead.mark
    bytes.appendLittleEndian(Inflate.checksum(head))
    bytes += head + content
  }
}

/// What stands before a block's samples. All numbers are little-endian:
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
struct SegmentHead: Sendable, Equatable {
  static let mark = Array("SEGB".utf8)
  static let fixedBytes = 60
  /// With the longest names.
  static let mostBytes = fixedBytes + StreamName.maximumBytes + 255

  var run: Int64
  var stream: String
  var epoch: Int
  var firstFrame: Int
  var microseconds: Int64
  var sampleRateHz: Double
  var channels: Int
  var units: String
  var frames: Int
  /// Of the head.
  var bytes: Int
  /// Of the samples.
  var contentBytes: Int
  var contentChecksum: UInt32

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
    guard nameBytes <= StreamName.maximumBytes, unitBytes <= 255, source.count >= bytes,
      Inflate.checksum(Array(source.dropFirst(8).prefix(bytes - 8))) == number(4, UInt32.self)
    else { return nil }
    let names = source.dropFirst(Self.fixedBytes)
    stream = String(decoding: names.prefix(nameBytes), as: UTF8.self)
    units = String(decoding: names.dropFirst(nameBytes).prefix(unitBytes), as: UTF8.self)
    contentChecksum = number(8, UInt32.self)
    contentBytes = Int(number(12, UInt32.self))
    run = number(16, Int64.self)
    firstFrame = Int(number(24, Int64.self))
    microseconds = number(32, Int64.self)
    sampleRateHz = Double(bitPattern: number(40, UInt64.self))
    epoch = Int(number(48, UInt32.self))
    channels = Int(number(52, UInt16.self))
    // A program with a checksum may still have written nonsense.
    guard channels > 0, contentBytes > 0, contentBytes.isMultiple(of: 4 * channels), sampleRateHz.isFinite,
      sampleRateHz > 0, (0...1 << 53).contains(firstFrame), abs(microseconds) <= 1 << 61
    else { return nil }
    frames = contentBytes / (4 * channels)
  }
}
