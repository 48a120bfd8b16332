import Foundation

/// JSON as it leaves on the wire: one line, keys sorted, slashes plain.
enum WireJSON {
  /// - Precondition: every number of `value` is finite.
  static func encode(_ value: some Encodable) -> Data {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
    do {
      return try encoder.encode(value)
    } catch {
      preconditionFailure("a message with a number that JSON can't hold: \(error)")
    }
  }
}
