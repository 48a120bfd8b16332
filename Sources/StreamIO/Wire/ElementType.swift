/// The types of raw samples that the wire knows.
package enum ElementType: String, CaseIterable, Sendable {
  case int8, uint8, int16, uint16, int32, float32, float64

  package static let names = allCases.map(\.rawValue).joined(separator: ", ")

  var byteCount: Int {
    switch self {
    case .int8, .uint8: 1
    case .int16, .uint16: 2
    case .int32, .float32: 4
    case .float64: 8
    }
  }

  /// The order of the bytes of one number.
  package enum ByteOrder: Sendable {
    case little, big
  }

  /// Reads a type by its name (`float32`) or by NumPy's code (`<f4`, `>i2`, `|u1`, `f4`).
  ///
  /// - Returns: the type, and the byte order if the spelling gives one; nil when it is not one of the types.
  static func parse(_ text: String) -> (type: ElementType, order: ByteOrder?)? {
    if let type = spellings[text] { return (type, nil) }
    guard let first = text.first, let type = codes[String(text.dropFirst())] else { return nil }
    switch first {
    case "<": return (type, .little)
    case ">": return (type, .big)
    // "=" is the sender's own order: little on every machine that is likely to send.
    case "=", "|": return (type, nil)
    default: return nil
    }
  }

  private static let codes: [String: ElementType] = [
    "i1": .int8, "u1": .uint8, "i2": .int16, "u2": .uint16, "i4": .int32, "f4": .float32, "f8": .float64,
  ]
  // Names, other names, and codes without byte order.
  private static let spellings = codes.merging(
    allCases.map { ($0.rawValue, $0) } + [("single", .float32), ("double", .float64)]
  ) { code, _ in code }
}
