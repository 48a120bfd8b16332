import Foundation

extension String {
  /// The text on one line, its control characters (names come from files and peers) made harmless.
  var printable: String {
    let lines = split(whereSeparator: \.isNewline).map { $0.trimmingCharacters(in: .whitespaces) }
    let joined = lines.filter { !$0.isEmpty }.joined(separator: " ")
    return String(
      String.UnicodeScalarView(
        joined.unicodeScalars.map { $0.properties.generalCategory == .control ? "\u{FFFD}" : $0 }))
  }
}
