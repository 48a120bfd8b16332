import Foundation

/// The keys of a header as they stand in its JSON. Other keys are allowed and ignored.
protocol HeaderKeys: Decodable, Equatable {
  /// No keys.
  init()

  /// Reads the value of `key` where it is one that the format knows, and passes over others.
  ///
  /// - Returns: whether it was read.
  mutating func read(_ key: String, from scanner: inout HeaderScanner) -> Bool
}

extension HeaderKeys {
  /// Bytes of the longest header that is read: JSON beyond it is no header.
  static var maximumBytes: Int { 64 << 10 }

  /// - Throws: `WireError.header`.
  static func parse(_ json: RawSpan) throws(WireError) -> Self {
    guard json.byteCount <= maximumBytes else {
      throw .header("expected at most \(maximumBytes) bytes, got \(json.byteCount)")
    }
    if let keys: Self = HeaderScanner.scan(json) { return keys }
    return try decode(json)
  }

  static func decode(_ json: RawSpan) throws(WireError) -> Self {
    do {
      return try JSONDecoder().decode(Self.self, from: json.withUnsafeBytes { Data($0) })
    } catch {
      throw .header(explanation(of: error))
    }
  }

  private static func explanation(of error: any Error) -> String {
    guard let error = error as? DecodingError else { return "not JSON" }
    switch error {
    case .typeMismatch(let type, let context), .valueNotFound(let type, let context):
      return key(context).map { "`\($0)`: expected \(name(of: type))" } ?? "expected a JSON object"
    case .dataCorrupted(let context):
      return key(context).map { "`\($0)`: the number does not fit" } ?? "not JSON"
    case .keyNotFound(let key, _):
      return "expected the key `\(key.stringValue)`"
    @unknown default:
      return "not understood"
    }
  }

  /// The innermost key, not the place in a list.
  private static func key(_ context: DecodingError.Context) -> String? {
    context.codingPath.last { $0.intValue == nil }?.stringValue
  }

  private static func name(of type: any Any.Type) -> String {
    switch type {
    case is Int.Type, is Int64.Type: "an integer"
    case is Double.Type: "a number"
    case is String.Type: "a string"
    case is [String: Any].Type: "an object"
    default: "a list"
    }
  }
}
