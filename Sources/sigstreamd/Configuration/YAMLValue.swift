import Yams

/// A value of a YAML file, with where it stands.
///
/// The reader of a key, not the look of the text, decides what a value is: where a text is asked for, `no`, `010` and `1e3`
/// are those texts, and where a number is asked for they are errors, so YAML 1.1's readings of them surprise nobody.
/// Every method throws a `ConfigurationError` that says what came, what was expected and what to write.
struct YAMLValue {
  let node: Node
  let location: YAMLLocation

  /// Whether nothing stands here: `key:`, `key: ~`, `key: null`.
  var isNull: Bool {
    guard case .scalar(let scalar) = node, scalar.style == .plain else { return false }
    return ["", "~", "null", "Null", "NULL"].contains(scalar.string)
  }

  /// The value as a text, as it is written.
  func string(example: String? = nil) throws(ConfigurationError) -> String {
    guard case .scalar(let scalar) = node, !isNull else { throw mismatch("a text", example: example) }
    return scalar.string
  }

  /// The value as a whole number in decimal digits, within `range`.
  func integer(in range: ClosedRange<Int>, example: String) throws(ConfigurationError) -> Int {
    let expected = "a whole number from \(range.lowerBound) to \(range.upperBound)"
    guard let text = plainText, let value = Quantity.integer(text), range.contains(value) else {
      throw mismatch(expected, example: example)
    }
    return value
  }

  /// The value as a finite number within `range`; `unit` (`Hz`, …) is for the message.
  func number(
    in range: ClosedRange<Double>, unit: String? = nil, example: String
  ) throws(ConfigurationError) -> Double {
    let unit = unit.map { " in \($0)" } ?? ""
    let expected = "a number\(unit) from \(Quantity.text(range.lowerBound)) to \(Quantity.text(range.upperBound))"
    guard let text = plainText, let value = Quantity.number(text), range.contains(value) else {
      throw mismatch(expected, example: example)
    }
    return value
  }

  /// The value as `true` or `false`.
  func boolean() throws(ConfigurationError) -> Bool {
    switch plainText {
    case "true": return true
    case "false": return false
    default: throw mismatch("true or false", example: "true")
    }
  }

  /// The value as a time with its unit, such as `20ms`, within `range`.
  func duration(in range: ClosedRange<Duration>, example: String) throws(ConfigurationError) -> Duration {
    let bounds = "\(Quantity.text(range.lowerBound)) to \(Quantity.text(range.upperBound))"
    let expected = "a time with its unit (us, ms, s, m, h, d) from \(bounds)"
    guard case .scalar(let scalar) = node, let value = Quantity.duration(scalar.string), range.contains(value) else {
      throw mismatch(expected, example: example)
    }
    return value
  }

  /// The value as a frequency in Hz, with its unit or without, such as `0.5Hz`, within `range`.
  func frequency(in range: ClosedRange<Double>, example: String) throws(ConfigurationError) -> Double {
    let bounds = "\(Quantity.text(range.lowerBound)) Hz to \(Quantity.text(range.upperBound)) Hz"
    guard case .scalar(let scalar) = node, let value = Quantity.frequency(scalar.string), range.contains(value) else {
      throw mismatch("a frequency (Hz, kHz, MHz) from \(bounds)", example: example)
    }
    return value
  }

  /// The value as a number of bytes with its unit, such as `16MiB`, within `range`.
  func byteSize(in range: ClosedRange<Int>, example: String) throws(ConfigurationError) -> Int {
    let expected =
      "a size with its unit (B, kB, KiB, MB, MiB, GB, GiB, TB, TiB, PB, PiB) from \(range.lowerBound) B to "
      + "\(range.upperBound) B"
    guard case .scalar(let scalar) = node, let value = Quantity.byteSize(scalar.string), range.contains(value) else {
      throw mismatch(expected, example: example)
    }
    return value
  }

  /// The value as one of the names that `Choice` has.
  func choice<Choice: RawRepresentable<String> & CaseIterable>(
    of _: Choice.Type = Choice.self
  ) throws(ConfigurationError) -> Choice {
    let names = Choice.allCases.map(\.rawValue)
    let expected = names.count == 1 ? "'\(names[0])'" : "one of \(names.joined(separator: ", "))"
    guard case .scalar(let scalar) = node, let choice = Choice(rawValue: scalar.string) else {
      let text = if case .scalar(let scalar) = node { scalar.string } else { "" }
      throw mismatch(expected, example: NearestName.of(text, among: names) ?? names.first)
    }
    return choice
  }

  /// The value as a list; an empty one where `allowEmpty` says so.
  func list(allowEmpty: Bool = false) throws(ConfigurationError) -> [YAMLValue] {
    guard case .sequence(let sequence) = node else {
      throw mismatch("a list (items that begin with '- ')", example: nil)
    }
    guard allowEmpty || !sequence.isEmpty else { throw location.error("the list is empty: write at least one item") }
    return sequence.enumerated().map { index, node in
      YAMLValue(node: node, location: location.item(index, line: node.mark?.line ?? location.line))
    }
  }

  /// The error that says that `expected` should stand here.
  func mismatch(_ expected: String, example: String?) -> ConfigurationError {
    let advice = example.map { "write for example \(location.example($0))" } ?? "change it to that"
    return location.error("expected \(expected), got \(came): \(advice)")
  }

  /// The text of an unquoted scalar.
  private var plainText: String? {
    guard case .scalar(let scalar) = node, scalar.style == .plain else { return nil }
    return scalar.string
  }

  private var came: String {
    switch node {
    case .mapping: return "a mapping"
    case .sequence: return "a list"
    case .alias: return "an alias"
    case .scalar where isNull: return "nothing"
    case .scalar(let scalar):
      let text = scalar.string.count > 60 ? scalar.string.prefix(60) + "…" : scalar.string[...]
      return scalar.style == .plain ? "'\(text)'" : "the quoted text '\(text)'"
    }
  }
}
