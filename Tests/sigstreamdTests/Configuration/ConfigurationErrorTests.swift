import Testing

@testable import sigstreamd

/// What is said about a configuration that is wrong: the file, the line, the key, what came and what to write.
struct ConfigurationErrorTests {
  /// Two letters swapped, one dropped, one too many, other case and joints: each is known for what it was meant to be.
  @Test(arguments: ConfigurationSample.lines)
  func misspeltKeyIsNamedWithTheOneThatWasMeant(line: ConfigurationSample.Line) throws {
    let letters = Array(line.key)
    let middle = letters.count / 2
    let swapped = String(letters[..<(middle - 1)] + [letters[middle], letters[middle - 1]] + letters[(middle + 1)...])
    let spellings = [
      swapped, String(letters.dropLast()), line.key + "s", line.key.uppercased(), "_" + line.key,
    ]
    for spelling in spellings where !ConfigurationSample.lines.contains(where: { $0.key == spelling }) {
      let text = ConfigurationSample.replacing(line.index, by: "\(line.prefix)\(spelling): \(line.value)")
      let error = try #require(ConfigurationSample.error(text))
      #expect(error.line == line.index + 1)
      #expect(error.keyPath.hasSuffix(spelling))
      #expect(error.message.hasPrefix("unknown key: did you mean '\(line.key)'? (keys here: "))
    }
  }

  /// A list of mappings is no valid value of any key.
  @Test(arguments: ConfigurationSample.lines)
  func mistypedValueIsNamedWithItsKey(line: ConfigurationSample.Line) throws {
    let nested = ConfigurationSample.lines.dropFirst(line.index + 1).prefix { $0.prefix.count > line.prefix.count }
    var lines = ConfigurationSample.text.split(separator: "\n").map(String.init)
    lines[line.index] = "\(line.prefix)\(line.key): [[1], {a: b}]"
    lines.removeSubrange(line.index + 1..<line.index + 1 + nested.count)
    let error = try #require(ConfigurationSample.error(lines.joined(separator: "\n")))
    #expect(error.line == line.index + 1)
    #expect(error.keyPath.contains(line.key))
    #expect(error.message.contains("expected"))
    #expect(error.message.contains("got a list"))
  }

  @Test(arguments: ConfigurationSample.lines.filter { !$0.value.isEmpty })
  func keyWithoutAValueIsNamed(line: ConfigurationSample.Line) throws {
    let text = ConfigurationSample.replacing(line.index, by: "\(line.prefix)\(line.key):")
    let error = try #require(ConfigurationSample.error(text))
    #expect(error.line == line.index + 1)
    #expect(error.message == "the key has no value: write one, or remove the line to use the default")
  }

  @Test(arguments: [
    RootKey.feeds.rawValue, FeedKey.name.rawValue, FeedKey.sampleRate.rawValue, WindowKey.length.rawValue,
  ])
  func missingKeyIsNamed(key: String) throws {
    let line = try #require(ConfigurationSample.lines.first { $0.key == key })
    let nested = ConfigurationSample.lines.dropFirst(line.index + 1).prefix { $0.prefix.count > line.prefix.count }
    var lines = ConfigurationSample.text.split(separator: "\n").map(String.init)
    lines.removeSubrange(line.index...line.index + nested.count)
    if key == "name" { lines[line.index] = lines[line.index].replacing("    endpoint", with: "  - endpoint") }
    let error = try #require(ConfigurationSample.error(lines.joined(separator: "\n")))
    #expect(error.message.hasPrefix("the key '\(key)' is missing: add it"))
  }

  @Test(arguments: [
    (
      "socket: sub", "socket: pub",
      "feeds[0].socket: expected one of sub, pull, dealer, got 'pub': write for example 'socket: sub'"
    ),
    (
      "mode: connect", "mode: conect",
      "feeds[0].mode: expected one of connect, bind, got 'conect': write for example 'mode: connect'"
    ),
    (
      "sampleRate: 360", "sampleRate: 0",
      "feeds[0].sampleRate: expected a number in Hz from 0.001 to 1000000000, got '0': write for example 'sampleRate: 360'"
    ),
    (
      "sampleRate: 360", "sampleRate: \"360\"",
      "feeds[0].sampleRate: expected a number in Hz from 0.001 to 1000000000, got the quoted text '360': "
        + "write for example 'sampleRate: 360'"
    ),
    (
      "hop: 128", "hop: 0",
      "feeds[0].window.hop: expected a whole number from 1 to 16777216, got '0': write for example 'hop: 256'"
    ),
    (
      "hop: 128", "hop: 010",
      "feeds[0].window.hop: expected a whole number from 1 to 16777216, got '010': write for example 'hop: 256'"
    ),
    (
      "length: 1024", "length: 1001",
      "feeds[0].window.length: expected a multiple of 8, got '1001': write for example 'length: 1008'"
    ),
    (
      "maxDelay: 5ms", "maxDelay: 5",
      "batch.maxDelay: expected a time with its unit (us, ms, s, m, h, d) from 0s to 60s, got '5': write for example 'maxDelay: 20ms'"
    ),
    (
      "maxMessage: 1MiB", "maxMessage: 1000000",
      "feeds[0].maxMessage: expected a size with its unit (B, kB, KiB, MB, MiB, GB, GiB, TB, TiB, PB, PiB) from 1024 B to "
        + "2147483648 B, got '1000000': write for example 'maxMessage: 16MiB'"
    ),
    (
      "workers: 2", "workers: yes",
      "workers: expected 'auto' (one a core) or a whole number from 1 to 1024, got 'yes': write for example 'workers: auto'"
    ),
    (
      "name: ecg", "name: bed 3",
      "feeds[0].name: expected a name of 1 to 64 letters (A-Z, a-z), digits, '.', '_' and '-', got 'bed 3': "
        + "write for example 'name: ecg'"
    ),
  ])
  func wrongValueIsExplained(original: String, wrong: String, message: String) throws {
    let line = try #require(ConfigurationSample.text.split(separator: "\n").firstIndex { $0.hasSuffix(original) })
    let text = ConfigurationSample.text.replacing(original, with: wrong, maxReplacements: 1)
    #expect(ConfigurationSample.error(text)?.description == "sigstreamd.yaml:\(line + 1): \(message)")
  }

  @Test(arguments: [
    ("", "sigstreamd.yaml: the file is empty: write at least one key"),
    (
      "- a",
      "sigstreamd.yaml:1: expected a mapping with model, precision, feeds, batch, workers, queue, output, history, record, security, allowPlaintext, http, log, got a list: change it to that"
    ),
    (
      "a: 1\nb: 2\na: 3",
      "sigstreamd.yaml:1: the key 'a' is written more than once in the mapping that has it here: keep one"
    ),
    ("feeds: []", "sigstreamd.yaml:1: feeds: the list is empty: write at least one item"),
  ])
  func wrongStructureIsExplained(text: String, message: String) {
    #expect(ConfigurationSample.error(text)?.description == message)
  }

  @Test(arguments: ["feeds: [1", "a: b: c", "a:\n\tb: 1", "a: *nowhere", "%", "a: 1\n---\nb: 2", "a: \u{0}"])
  func brokenYAMLIsSaidToBeThat(text: String) throws {
    let error = try #require(ConfigurationSample.error(text))
    #expect(error.message.hasPrefix("not YAML ("))
    #expect(!error.description.contains("\n"))
  }

  @Test func keysThatAreNotTextsOrMergesAreRefused() {
    #expect(ConfigurationSample.error("? [a]\n: 1")?.message == "a key has to be a text: write 'key: value'")
    #expect(ConfigurationSample.error("<<: {a: 1}")?.message.hasPrefix("unknown key: remove it") == true)
    #expect(ConfigurationSample.error("a: 1\n\"a\": 2") != nil)
  }
}
