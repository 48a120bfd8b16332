/// Why a message from outside could not be understood. Costs that message, never the feed.
package enum WireError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The message has another number of frames than the format.
  case frames(expected: String, got: Int)
  /// The message is larger than the feed allows. Bytes.
  case size(limit: Int, got: Int)
  /// The header is not JSON, or one of its keys has a value that makes no sense.
  case header(String)
  /// An element type that is not known.
  case type(got: String)
  /// A shape that is not `[N]` or `[N, C]`.
  case shape(got: [Int])
  /// The payload's length is not that of the header's shape and type. Bytes.
  case length(expected: Int, got: Int)
  /// The payload is not a whole number of frames, whose type and channels are configured. Bytes.
  case partialFrame(frameBytes: Int, got: Int)
  /// A stream id that can't be a name in topics and logs.
  case source(got: String, problem: String)

  /// A short name for the kind of mistake, for counting.
  package var reason: String {
    switch self {
    case .frames: "frames"
    case .size: "size"
    case .header: "header"
    case .type: "type"
    case .shape: "shape"
    case .length, .partialFrame: "length"
    case .source: "source"
    }
  }

  package var description: String {
    switch self {
    case .frames(let expected, let got):
      "expected \(expected); the message has \(got)"
    case .size(let limit, let got):
      "expected at most \(limit) bytes; the message has \(got)"
    case .header(let problem):
      "header: \(problem)"
    case .type(let got):
      "expected an element type among \(ElementType.names); the header says \(quoted(got))"
    case .shape(let got):
      "expected a shape [N] or [N, C] with N ≥ 0 and C ≥ 1; the header says \(Array(got.prefix(8)))"
    case .length(let expected, let got):
      "expected a payload of \(expected) bytes by the header; it has \(got)"
    case .partialFrame(let frameBytes, let got):
      "expected whole frames of \(frameBytes) bytes by the configured elementType and channelCount; the payload has \(got)"
    case .source(let got, let problem):
      "stream id \(quoted(got)) \(problem); let the sender use another"
    }
  }
}

/// Text from outside as it may appear in a log line: short, and with nothing that moves the cursor.
func quoted(_ text: String) -> String {
  let short = text.unicodeScalars.prefix(64)
  let escaped = short.map { $0.isPrintable ? String($0) : "\\u{\(String($0.value, radix: 16))}" }.joined()
  return "'\(escaped)\(short.endIndex < text.unicodeScalars.endIndex ? "…" : "")'"
}

extension Unicode.Scalar {
  /// Neither a control character nor one of the invisible ones that break lines or turn the reading direction.
  var isPrintable: Bool {
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate, .unassigned: false
    default: true
    }
  }
}
