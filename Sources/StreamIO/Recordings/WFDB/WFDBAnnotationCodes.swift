/// The annotation types of WFDB: codes 0...49 and their mnemonics.
///
/// Source: PhysioNet, WFDB Applications Guide, annot(5), and <wfdb/ecgcodes.h>.
enum WFDBAnnotationCode {
  /// Not an annotation: only its time counts.
  static let none = 0
  /// A comment; at sample 0 it may define things about the whole file.
  static let note = 22
  /// The largest code of a type of annotation.
  static let maximum = 49

  /// Codes above `maximum`: not annotations of their own but parts of one.
  enum Part: Int {
    /// The time that passes before the next annotation, for more than 10 bits can hold: 32 bits follow.
    case skip = 59
    /// The number field, of this annotation and those that follow.
    case number = 60
    /// The subtype, of this annotation alone.
    case subtype = 61
    /// The channel, of this annotation and those that follow.
    case channel = 62
    /// A text, whose bytes follow.
    case auxiliary = 63
  }

  /// The mnemonics of the codes in use; the others are free for a file's own definitions.
  static let symbols: [Int: String] = [
    1: "N", 2: "L", 3: "R", 4: "a", 5: "V", 6: "F", 7: "J", 8: "A", 9: "S", 10: "E",
    11: "j", 12: "/", 13: "Q", 14: "~", 16: "|", 18: "s", 19: "T", 20: "*", 21: "D", 22: "\"",
    23: "=", 24: "p", 25: "B", 26: "^", 27: "t", 28: "+", 29: "u", 30: "?", 31: "!", 32: "[",
    33: "]", 34: "e", 35: "n", 36: "@", 37: "x", 38: "f", 39: "(", 40: ")", 41: "r",
  ]
}
