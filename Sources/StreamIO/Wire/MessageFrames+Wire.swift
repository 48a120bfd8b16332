extension MessageFrames where Self: ~Copyable {
  /// Refuses a message of more or fewer frames than a format has, and one that is too large.
  ///
  /// - Parameters:
  ///   - frames: how many there may be.
  ///   - expected: what they are, for the error.
  ///   - limit: bytes of all frames together.
  borrowing func check(frames: ClosedRange<Int>, _ expected: String, limit: Int) throws(WireError) {
    guard frames.contains(count) else { throw .frames(expected: expected, got: count) }
    var bytes = 0
    for index in 0..<count {
      bytes += withFrame(index) { $0.byteCount }
    }
    guard bytes <= limit else { throw .size(limit: limit, got: bytes) }
  }

  /// The stream's name in the topic of a message of one or two frames, the last of which are its samples; nil where the
  /// topic is missing or empty.
  ///
  /// - Throws: `WireError.source` where it can't be a name.
  borrowing func topicBeforeSamples() throws(WireError) -> String? {
    guard count == 2, let topic = try topic() else { return nil }
    try StreamName.validate(topic)
    return topic
  }

  /// The first frame's text; nil when it is empty.
  borrowing func topic() throws(WireError) -> String? {
    try withFrame(0) { (frame) throws(WireError) in
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
