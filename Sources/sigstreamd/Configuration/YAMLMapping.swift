import Yams

/// The keys of a mapping in a YAML file: an enum whose raw values are the keys as written, in the order to list them.
protocol YAMLKey: RawRepresentable<String>, CaseIterable, Hashable, Sendable {}

/// A mapping of a YAML file whose keys are known.
///
/// Made by `YAMLValue.mapping(of:)`, which refuses unknown keys at once, so that a misspelt key is reported as such and not
/// as the key that is missing.
///
///     enum WindowKey: String, YAMLKey { case length, hop }
///     let window = try value.mapping(of: WindowKey.self)
///     let length = try window.required(.length).integer(in: 1...4096, example: "1024")
///     let hop = try window.optional(.hop)?.integer(in: 1...4096, example: "256") ?? length / 4
struct YAMLMapping<Key: YAMLKey> {
  /// Where the mapping stands.
  let location: YAMLLocation
  private let values: [Key: YAMLValue]

  /// - Throws: `ConfigurationError` on a key that `Key` doesn't have, naming the nearest one.
  init(_ value: YAMLValue) throws(ConfigurationError) {
    location = value.location
    var values: [Key: YAMLValue] = [:]
    for (name, entry) in try value.entries(expecting: "a mapping with \(Self.keyList)") {
      guard let key = Key(rawValue: name) else { throw Self.unknown(name, at: entry.location) }
      values[key] = entry
    }
    self.values = values
  }

  /// The value of a key that has to be there.
  /// - Throws: `ConfigurationError` where the key, or its value, is missing.
  func required(_ key: Key) throws(ConfigurationError) -> YAMLValue {
    guard let value = try optional(key) else {
      throw location.error("the key '\(key.rawValue)' is missing: add it (keys here: \(Self.keyList))")
    }
    return value
  }

  /// The value of a key that may be left out; nil when it is.
  /// - Throws: `ConfigurationError` where the key is there but has no value.
  func optional(_ key: Key) throws(ConfigurationError) -> YAMLValue? {
    guard let value = values[key] else { return nil }
    guard !value.isNull else {
      throw value.location.error("the key has no value: write one, or remove the line to use the default")
    }
    return value
  }

  /// Where the value of `key` stands; where the mapping stands if the key was left out.
  func location(of key: Key) -> YAMLLocation {
    values[key]?.location ?? location.key(key.rawValue, line: location.line)
  }

  private static var keyList: String { Key.allCases.map(\.rawValue).joined(separator: ", ") }

  private static func unknown(_ name: String, at location: YAMLLocation) -> ConfigurationError {
    let hint = NearestName.of(name, among: Key.allCases.map(\.rawValue)).map { "did you mean '\($0)'?" }
    return location.error("unknown key: \(hint ?? "remove it") (keys here: \(keyList))")
  }
}

extension YAMLValue {
  /// The value as a mapping whose keys are those of `Key`.
  /// - Throws: `ConfigurationError` where it is something else, or has a key that `Key` doesn't.
  func mapping<Key: YAMLKey>(of _: Key.Type) throws(ConfigurationError) -> YAMLMapping<Key> {
    try YAMLMapping(self)
  }

  /// The value as a mapping whose keys are names of the user's own, in the order of the file.
  /// - Parameter expected: what the message says should stand here.
  /// - Throws: `ConfigurationError` where it is something else, a key is not a text, or comes twice.
  func entries(expecting expected: String = "a mapping") throws(ConfigurationError) -> [(key: String, value: YAMLValue)]
  {
    guard case .mapping(let mapping) = node else { throw mismatch(expected, example: nil) }
    var seen: Set<String> = []
    var entries: [(key: String, value: YAMLValue)] = []
    for (key, value) in mapping {
      let line = key.mark?.line ?? location.line
      guard case .scalar(let scalar) = key else {
        throw location.key("?", line: line).error("a key has to be a text: write 'key: value'")
      }
      let place = location.key(scalar.string, line: line)
      guard seen.insert(scalar.string).inserted else {
        throw place.error("the key is written more than once in this mapping: keep one")
      }
      entries.append((scalar.string, YAMLValue(node: value, location: place)))
    }
    return entries
  }
}
