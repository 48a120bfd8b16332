import Foundation

/// What may be a stream's name: it comes from outside and becomes part of topics, log lines and metrics.
///
/// A `/` is welcome: publishers' topics have them (`ward-2/bed-3`), and as part of a result's topic it lets a subscriber
/// take all of `ward-2/`.
package enum StreamName {
  /// UTF-8 bytes of the longest name.
  package static let maximumBytes = 128
  /// The same of a column as a stream of its own, `<stream>.<column>`.
  package static let maximumColumnBytes = maximumBytes + 11

  /// Refuses what can't be a name. Nothing is replaced: two streams must not become one.
  ///
  /// - Throws: `WireError.source`.
  package static func validate(_ name: String) throws(WireError) {
    if name.isEmpty {
      throw .source(got: name, problem: "is empty")
    }
    if name.utf8.count > maximumBytes {
      throw .source(got: name, problem: "is longer than \(maximumBytes) bytes of UTF-8")
    }
    // Most names are ASCII, for which no table needs to be asked.
    let isPlain = name.utf8.allSatisfy { (0x20...0x7E).contains($0) }
    if isPlain { return }
    if !name.unicodeScalars.allSatisfy(\.isPrintable) {
      throw .source(got: name, problem: "contains a control character")
    }
    // Of texts that look the same, Swift takes one for the other, and topics do not.
    if !name.utf8.elementsEqual(name.precomposedStringWithCanonicalMapping.utf8) {
      throw .source(got: name, problem: "is not in Unicode's composed form (NFC)")
    }
  }
}
