import Foundation

@testable import StreamIO

/// A multipart message made by hand.
struct ByteFrames: MessageFrames {
  var frames: [[UInt8]]

  init(_ frames: [[UInt8]]) {
    self.frames = frames
  }

  /// `[topic,] header, payload`
  init(topic: String? = nil, header: String, payload: [UInt8]) {
    frames = (topic.map { [Array($0.utf8)] } ?? []) + [Array(header.utf8), payload]
  }

  var count: Int { frames.count }

  func withFrame<Result, Failure: Error>(
    _ index: Int, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    let frame = frames[index]
    return try body(frame.span.bytes)
  }
}

/// The bytes of numbers as they lie in a payload.
func bytes<Value: FixedWidthInteger>(_ values: [Value], big: Bool = false) -> [UInt8] {
  values.flatMap { value in withUnsafeBytes(of: big ? value.bigEndian : value.littleEndian) { Array($0) } }
}

func bytes(_ values: [Float], big: Bool = false) -> [UInt8] {
  bytes(values.map(\.bitPattern), big: big)
}

func bytes(_ values: [Double], big: Bool = false) -> [UInt8] {
  bytes(values.map(\.bitPattern), big: big)
}

extension ArrayFormat {
  func decode<Frames: MessageFrames & ~Copyable>(_ message: borrowing Frames) throws(WireError) -> SampleBlock {
    var block = SampleBlock()
    try decode(message, into: &block)
    return block
  }
}
