/// Reads messages of the `openephys` format, those of Open Ephys GUI's plugin ZMQ Interface: envelope, JSON header, float32
/// samples of one channel.
///
/// Each channel is a stream, named `<stream>/<channel>`. Source: Source/ZmqInterface.cpp of
/// open-ephys-plugins/zmq-interface. Never traps, whatever the bytes.
package struct OpenEphysFormat: Sendable {
  private let maximumMessageBytes: Int
  private let layout: SampleLayout

  /// - Parameters:
  ///   - maximumMessageBytes: of a message's frames together.
  ///   - scale: what samples, in the GUI's units, are multiplied by, finite.
  ///   - offset: and what is added to them then, finite.
  package init(maximumMessageBytes: Int, scale: Double = 1, offset: Double = 0) {
    self.maximumMessageBytes = maximumMessageBytes
    layout = SampleLayout(type: .float32, channels: 1, scale: scale, offset: offset)
  }

  /// Decodes one message.
  ///
  /// - Parameter block: takes it; what was in it is overwritten, and its storage used again.
  /// - Returns: `other` for events, spikes and parameters.
  /// - Throws: `WireError`, which says what was expected and what came; the block then means nothing.
  package func decode<Frames: MessageFrames & ~Copyable>(
    _ message: borrowing Frames, into block: inout SampleBlock
  ) throws(WireError) -> MessageContent {
    let frames = "envelope, header, samples: 3 frames (2 of an event)"
    try message.check(frames: 2...3, frames, limit: maximumMessageBytes)
    let isData = try message.withFrame(0) { (envelope) throws(WireError) in try Self.isData(envelope) }
    guard isData else { return .other }
    guard message.count == 3 else { throw .frames(expected: frames, got: message.count) }
    let header = try message.withFrame(1) { (json) throws(WireError) in try OpenEphysHeader.parse(json) }
    try message.withFrame(2) { (payload) throws(WireError) in
      try block.take(payload, frames: header.frames, layout, source: header.source)
    }
    (block.firstSample, block.sampleRateHz) = (header.firstSample, header.sampleRateHz)
    return .samples
  }

  /// Whether an envelope announces samples, and not an event. It is a C string, sent with the NUL at its end.
  private static func isData(_ envelope: RawSpan) throws(WireError) -> Bool {
    try envelope.withUnsafeBytes { (bytes) throws(WireError) in
      let word = bytes.last == 0 ? bytes.dropLast() : bytes[...]
      func says(_ name: StaticString) -> Bool { name.withUTF8Buffer { word.elementsEqual($0) } }
      if says("DATA") { return true }
      if says("EVENT") || says("PARAM") { return false }
      throw .header(
        "expected the envelope DATA, EVENT or PARAM, got \(quoted(String(decoding: word.prefix(64), as: UTF8.self)))")
    }
  }
}
