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
    try message.check(frames: 2...3, "[topic,] header, payload: 2 or 3 frames", limit: maximumMessageBytes)
    let header = try message.withFrame(message.count - 2) { (json) throws(WireError) in try ArrayHeader.parse(json) }
    var source = header.source
    if source == nil && message.count == 3 { source = try message.topic() }
    if let source { try StreamName.validate(source) }
    try message.withFrame(message.count - 1) { (payload) throws(WireError) in
      try block.take(
        payload, frames: header.frames, header.layout.scaled(by: scale, plus: offset), source: source)
    }
    block.firstSample = header.firstSample
    block.messageNumber = header.messageNumber
    block.acquisitionMicroseconds = header.acquisitionMicroseconds
    block.sampleRateHz = header.sampleRateHz
    block.units = header.units
  }
}
