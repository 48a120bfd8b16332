import Foundation

/// Reads messages of the `array` format: `[topic,] JSON header, raw samples`.
///
/// Never traps, whatever the bytes.
package struct ArrayFormat: Sendable {
  /// Bytes of the largest message that is accepted, all frames together.
  package let maximumMessageBytes: Int

  package init(maximumMessageBytes: Int) {
    self.maximumMessageBytes = maximumMessageBytes
  }

  /// Decodes one message.
  ///
  /// - Throws: `WireError`, which says what was expected and what came.
  package func decode<Frames: MessageFrames & ~Copyable>(
    _ message: borrowing Frames
  ) throws(WireError) -> SampleBlock {
    guard (2...3).contains(message.count) else { throw .frames(got: message.count) }
    var bytes = 0
    for index in 0..<message.count {
      bytes += message.withFrame(index) { $0.byteCount }
    }
    guard bytes <= maximumMessageBytes else { throw .size(limit: maximumMessageBytes, got: bytes) }

    let headerBytes = message.withFrame(message.count - 2) { $0.withUnsafeBytes { Data($0) } }
    let header = try ArrayHeader.parse(headerBytes)
    var source = header.source
    if source == nil && message.count == 3 { source = try topic(message) }
    if let source { try StreamName.validate(source) }
    var samples = try message.withFrame(message.count - 1) { (payload) throws(WireError) in
      try SampleDecoding.decode(payload, header)
    }
    let masked = samples.replaceNonFinite()
    return SampleBlock(
      source: source, channels: header.channels, samples: samples, maskedSamples: masked,
      firstSample: header.firstSample, messageNumber: header.messageNumber,
      acquisitionMicroseconds: header.acquisitionMicroseconds, sampleRateHz: header.sampleRateHz,
      units: header.units)
  }

  /// The first frame's text; nil when it is empty.
  private func topic<Frames: MessageFrames & ~Copyable>(
    _ message: borrowing Frames
  ) throws(WireError) -> String? {
    let bytes = message.withFrame(0) { $0.withUnsafeBytes { Data($0.prefix(StreamName.maximumBytes + 1)) } }
    if bytes.isEmpty { return nil }
    if bytes.count > StreamName.maximumBytes {
      throw .source(
        got: String(decoding: bytes, as: UTF8.self), problem: "is longer than \(StreamName.maximumBytes) bytes of UTF-8"
      )
    }
    guard let text = String(validating: bytes, as: UTF8.self) else {
      throw .source(got: String(decoding: bytes, as: UTF8.self), problem: "is not UTF-8")
    }
    return text
  }
}

extension [Float] {
  /// Replaces every value that is not finite by 0.
  ///
  /// - Returns: their indices, in ascending order.
  mutating func replaceNonFinite() -> [Int] {
    var replaced: [Int] = []
    for index in indices where !self[index].isFinite {
      self[index] = 0
      replaced.append(index)
    }
    return replaced
  }
}
