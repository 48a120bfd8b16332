/// Reads messages of the `gnuradio` format, those of GNU Radio's ZMQ PUB and PUSH sinks: `[key,] [tag header] items`, whose
/// type and channels are configured.
///
/// The sink's option "Pass Tags" decides whether there is a tag header, which says where the items lie in their stream.
/// Source: gr-zeromq/lib/base_impl.cc. Never traps, whatever the bytes.
package struct GNURadioFormat: Sendable {
  private let maximumMessageBytes: Int
  private let layout: SampleLayout
  private let hasTags: Bool

  /// - Parameters:
  ///   - layout: of an item; a complex one is two channels.
  ///   - hasTags: whether the sink passes tags.
  ///   - maximumMessageBytes: of a message's frames together.
  ///   - scale: what samples are multiplied by, finite.
  ///   - offset: and what is added to them then, finite.
  package init(
    _ layout: SampleLayout, hasTags: Bool, maximumMessageBytes: Int, scale: Double = 1, offset: Double = 0
  ) {
    self.layout = layout.scaled(by: scale, plus: offset)
    (self.hasTags, self.maximumMessageBytes) = (hasTags, maximumMessageBytes)
  }

  /// Decodes one message.
  ///
  /// - Parameter block: takes it; what was in it is overwritten, and its storage used again.
  /// - Throws: `WireError`, which says what was expected and what came; the block then means nothing.
  package func decode<Frames: MessageFrames & ~Copyable>(
    _ message: borrowing Frames, into block: inout SampleBlock
  ) throws(WireError) {
    try message.check(frames: 1...2, "[key,] items: 1 or 2 frames", limit: maximumMessageBytes)
    let source = try message.topicBeforeSamples()
    try message.withFrame(message.count - 1) { (payload) throws(WireError) in
      if hasTags {
        let header = try GNURadioTagHeader.parse(payload)
        try block.take(payload.extracting(header.byteCount...), wholeFramesOf: layout, source: source)
        block.firstSample = header.offset
      } else {
        try takeItems(payload, into: &block, source: source)
      }
    }
  }

  private func takeItems(_ payload: RawSpan, into block: inout SampleBlock, source: String?) throws(WireError) {
    do {
      try block.take(payload, wholeFramesOf: layout, source: source)
    } catch {
      guard GNURadioTagHeader.begins(payload) else { throw error }
      throw .header("the message begins like a tag header: write 'passTags: true' if the sink passes tags")
    }
  }
}
