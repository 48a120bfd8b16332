import Foundation

extension String {
  /// The text on one line, its control characters and those that turn the reading direction (names come from files and
  /// peers) made harmless.
  var printable: String {
    let lines = split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
    let joined = lines.filter { !$0.isEmpty }.joined(separator: " ")
    return String(
      String.UnicodeScalarView(
        joined.unicodeScalars.map { scalar in
          let properties = scalar.properties
          return properties.generalCategory == .control || properties.isBidiControl ? "\u{FFFD}" : scalar
        }))
  }
}
