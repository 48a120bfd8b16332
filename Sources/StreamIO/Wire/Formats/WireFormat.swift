/// What became of a message that was understood.
package enum MessageContent: Sendable {
  /// Its samples are in the block.
  case samples
  /// It carries none, but an event or the like.
  case other
}

/// The formats that a feed's messages may have, each with what it needs to read one.
package enum WireFormat: Sendable {
  case array(ArrayFormat)
  case openEphys(OpenEphysFormat)
  case gnuRadio(GNURadioFormat)
  case raw(RawFormat)

  /// Decodes one message.
  ///
  /// - Parameter block: takes its samples, if it has any; what was in it is overwritten, and its storage used again.
  /// - Throws: `WireError`, which says what was expected and what came; the block then means nothing.
  package func decode<Frames: MessageFrames & ~Copyable>(
    _ message: borrowing Frames, into block: inout SampleBlock
  ) throws(WireError) -> MessageContent {
    switch self {
    case .array(let format): try format.decode(message, into: &block)
    case .openEphys(let format): return try format.decode(message, into: &block)
    case .gnuRadio(let format): try format.decode(message, into: &block)
    case .raw(let format): try format.decode(message, into: &block)
    }
    return .samples
  }
}
