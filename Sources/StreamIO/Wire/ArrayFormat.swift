/// Reads messages of the `array` format: `[topic,] JSON header, raw samples`.
///
/// Never traps, whatever the bytes.
package struct ArrayFormat: Sendable {
  /// Bytes of the largest message that is accepted, all frames together.
  package let maximumMessageBytes: Int
  private let scale: Double
  private let offset: Double

  /// - Parameters:
  ///   - maximumMessageBytes: of a message's frames together.
  ///   - scale: what the physical values that a header makes are to be multiplied by, finite.
  ///   - offset: and what is to be added to them then, finite.
  package init(maximumMessageBytes: Int, scale: Double = 1, offset: Double = 0) {
    self.maximumMessageBytes = maximumMessageBytes
    (self.scale, self.offset) = (scale, offset)
  }

  /// Decodes one message.
  ///
  /// - Parameter block: takes it; what was in it is overwritten, and its storage used again.
  /// - Throws: `WireError`, which says what was expected and what came; the block then means nothing.
  package func decode<Frames: MessageFrames & ~Copyable>(
    _ message: borrowing Frames, into block: inout SampleBlock
  ) throws(WireError) {
    guard (2...3).contains(message.count) else { throw .frames(got: message.count) }
    var bytes = 0
    for index in 0..<message.count {
      bytes += message.withFrame(index) { $0.byteCount }
    }
    guard bytes <= maximumMessageBytes else { throw .size(limit: maximumMessageBytes, got: bytes) }

    var header = try message.withFrame(message.count - 2) { (json) throws(WireError) in try ArrayHeader.parse(json) }
    (header.scale, header.offset) = (header.scale * scale, header.offset * scale + offset)
    block.source = header.source
    if block.source == nil && message.count == 3 { block.source = try topic(message) }
    if let source = block.source { try StreamName.validate(source) }
    try message.withFrame(message.count - 1) { (payload) throws(WireError) in
      try SampleDecoding.decode(payload, header, into: &block.samples)
    }
    block.samples.replaceNonFinite(indices: &block.maskedSamples)
    block.channels = header.channels
    block.firstSample = header.firstSample
    block.messageNumber = header.messageNumber
    block.acquisitionMicroseconds = header.acquisitionMicroseconds
    block.sampleRateHz = header.sampleRateHz
    block.units = header.units
  }

  /// The first frame's text; nil when it is empty.
  private func topic<Frames: MessageFrames & ~Copyable>(
    _ message: borrowing Frames
  ) throws(WireError) -> String? {
    try message.withFrame(0) { (frame) throws(WireError) in
      if frame.isEmpty { return nil }
      let isShort = frame.byteCount <= StreamName.maximumBytes
      let bytes = frame.extracting(first: StreamName.maximumBytes + 1)
      guard isShort, let text = bytes.withUnsafeBytes({ String(validating: $0, as: UTF8.self) }) else {
        throw .source(
          got: bytes.withUnsafeBytes { String(decoding: $0, as: UTF8.self) },
          problem: isShort ? "is not UTF-8" : "is longer than \(StreamName.maximumBytes) bytes of UTF-8")
      }
      return text
    }
  }
}

extension [Float] {
  /// Replaces every value that is not finite by 0.
  ///
  /// - Parameter replaced: becomes their indices, in ascending order.
  mutating func replaceNonFinite(indices replaced: inout [Int]) {
    replaced.removeAll(keepingCapacity: true)
    // The exponent of what is not finite is all ones: a maximum of integers, which the compiler vectorises.
    let largest = reduce(0) { Swift.max($0, Int32(bitPattern: $1.magnitude.bitPattern)) }
    guard largest >= Int32(bitPattern: Float.infinity.bitPattern) else { return }
    for index in self.indices where !self[index].isFinite {
      self[index] = 0
      replaced.append(index)
    }
  }
}
