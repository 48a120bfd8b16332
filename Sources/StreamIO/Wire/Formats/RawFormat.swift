/// Reads messages of the `raw` format: `[topic,] samples`, whose type and channels are configured.
///
/// Nothing in them tells of continuity. Never traps, whatever the bytes.
package struct RawFormat: Sendable {
  private let maximumMessageBytes: Int
  private let layout: SampleLayout

  /// - Parameters:
  ///   - maximumMessageBytes: of a message's frames together.
  ///   - scale: what samples are multiplied by, finite.
  ///   - offset: and what is added to them then, finite.
  package init(_ layout: SampleLayout, maximumMessageBytes: Int, scale: Double = 1, offset: Double = 0) {
    self.layout = layout.scaled(by: scale, plus: offset)
    self.maximumMessageBytes = maximumMessageBytes
  }

  /// Decodes one message.
  ///
  /// - Parameter block: takes it; what was in it is overwritten, and its storage used again.
  /// - Throws: `WireError`, which says what was expected and what came; the block then means nothing.
  package func decode<Frames: MessageFrames & ~Copyable>(
    _ message: borrowing Frames, into block: inout SampleBlock
  ) throws(WireError) {
    try message.check(frames: 1...2, "[topic,] samples: 1 or 2 frames", limit: maximumMessageBytes)
    let source = try message.topicBeforeSamples()
    try message.withFrame(message.count - 1) { (payload) throws(WireError) in
      try block.take(payload, wholeFramesOf: layout, source: source)
    }
  }
}
