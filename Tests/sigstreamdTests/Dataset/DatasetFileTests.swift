import Testing

@testable import sigstreamd

private let sample = """
  name: three classes
  recordings: [ "../mitdb/*.hea", extra/119 ]
  channels: [ MLII, 1 ]
  exclude: [ "102", "104" ]
  labels:
    classes:
      N: [ N, L, R, e, j ]
      S: [ A, a, J, S ]
      V: [ V, E, F ]
    rule: worst
    priority: [ V, S, N ]
    margin: 100
  windows: { length: 1024, hop: 128 }
  split:
    validation: [ "203", "223" ]
    test: [ "119" ]
  """

private func parse(_ text: String) throws(ConfigurationError) -> DatasetFile {
  try DatasetFile(YAMLDocument.parse(text, file: "d/set.yaml"), path: "d/set.yaml")
}

/// The sample with the first line that begins (behind blanks) with `line`'s key replaced by `line`, or removed.
private func sample(_ replacements: String..., removing: String...) -> String {
  var lines = sample.split(separator: "\n").map(String.init)
  for removed in removing { lines.removeAll { $0.drop(while: \.isWhitespace).hasPrefix(removed + ":") } }
  for replacement in replacements {
    let key = replacement.prefix { $0 != ":" }
    guard let index = lines.firstIndex(where: { $0.drop(while: \.isWhitespace).hasPrefix(key + ":") }) else { continue }
    lines[index] = lines[index].prefix(while: \.isWhitespace) + replacement
  }
  return lines.joined(separator: "\n")
}

@Test func everyKeyOfADatasetFileIsRead() throws {
  let file = try parse(sample)
  #expect(file.name == "three classes")
  #expect(file.recordings.map(\.text) == ["../mitdb/*.hea", "extra/119"])
  #expect(file.channels == ["MLII", "1"])
  #expect(file.exclude.map(\.text) == ["102", "104"])
  #expect(file.labelling.names == ["N", "S", "V"])
  #expect(file.labelling.classes[2].symbols == ["V", "E", "F"])
  #expect(file.labelling.rule == .worst)
  #expect(file.labelling.priority == [2, 1, 0])
  #expect(file.labelling.marginSamples == 100)
  #expect(file.lengthSamples == 1024)
  #expect(file.hopSamples == 128)
  guard case .listed(let split) = file.split else {
    Issue.record("names, not shares")
    return
  }
  #expect(split[.validation]?.map(\.text) == ["203", "223"])
  #expect(split[.test]?.map(\.text) == ["119"])
  #expect(file.placement == .sliding)
  #expect(file.folder.hasSuffix("/d"))
}

@Test func keysThatAreLeftOutHaveDefaults() throws {
  let file = try parse(
    """
    recordings: [ a.hea ]
    labels: { classes: { N: [ N ], V: [ V ] } }
    windows: { length: 64 }
    """)
  #expect(file.name == "set")
  #expect(file.channels == nil)
  #expect(file.exclude.isEmpty)
  #expect(file.labelling.rule == .majority)
  #expect(file.labelling.priority == [0, 1])
  #expect(file.labelling.marginSamples == 0)
  #expect(file.hopSamples == 16)
  #expect(file.split == .listed([:]))
  #expect(file.labelling.source == .annotations(annotator: nil))
}

@Test(arguments: [
  (sample("recordings: []"), "set.yaml:2: recordings: the list is empty"),
  (sample(removing: "recordings"), "the key 'recordings' is missing"),
  (sample("channels: MLII"), "set.yaml:3: channels: expected a list"),
  (sample("exlude: [ x ]", "exclude: {}"), "set.yaml:4: exclude: expected a list"),
  (sample("name: x\nexlude: [ x ]"), "set.yaml:2: exlude: unknown key: did you mean 'exclude'?"),
  (sample("V: [ V, A ]"), "set.yaml:9: labels.classes.V[1]: the symbol 'A' already stands for class 'S'"),
  (sample("V: V"), "set.yaml:9: labels.classes.V: expected a list"),
  (sample("V: [ ~ ]"), "labels.classes.V[0]: expected a text"),
  (sample("rule: best"), "set.yaml:10: labels.rule: expected one of worst, majority, centre, got 'best'"),
  (sample("priority: [ V, S ]"), "set.yaml:11: labels.priority: the class 'N' is missing"),
  (sample("priority: [ V, S, N, S ]"), "labels.priority[3]: 'S' is in the list twice"),
  (sample("priority: [ V, S, n ]"), "labels.priority[2]: no class 'n', there are N, S, V: did you mean 'N'?"),
  (sample(removing: "priority"), "needs a priority, the worst class first: write for example 'priority: [ V, S, N ]'"),
  (sample("rule: centre"), "set.yaml:11: labels.priority: the rule 'centre' knows no priority"),
  (sample("margin: 512"), "labels.margin: expected a whole number from 0 to 511"),
  (sample("windows: { length: 1000.5 }"), "windows.length: expected a whole number"),
  (sample("windows: { length: 1001 }"), "a multiple of 8, got 1001: write for example 'length: 1008'"),
  (sample("windows: { length: 1024, hop: 0 }"), "windows.hop: expected a whole number from 1"),
  (sample("windows: { length: 1024, hops: 1 }"), "windows.hops: unknown key: did you mean 'hop'?"),
  (sample("test: [ \"223\" ]"), "split.test[0]: '223' is in split.validation[1] on line 15 too"),
  (sample("test: [ \"102\" ]"), "split.test[0]: '102' is in exclude[0] on line 4 too"),
  (sample(removing: "S", "V", "priority"), "1 classes"),
])
func whatIsWrongInADatasetFileIsNamedWithItsPlace(text: String, message: String) {
  let error = #expect(throws: ConfigurationError.self) { try parse(text) }
  let description = error?.description ?? ""
  #expect(description.contains(message), "expected '\(message)' in '\(description)'")
}
