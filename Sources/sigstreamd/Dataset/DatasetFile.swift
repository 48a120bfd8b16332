import Classifier
import Foundation

/// A dataset file: which recordings to learn from, and how they become labelled windows.
///
///     name: MIT-BIH arrhythmia, three AAMI classes
///     recordings: [ "../mitdb/*.hea" ]
///     channels: [ MLII ]
///     exclude: [ "102", "104" ]
///     labels:
///       classes:
///         N: [ N, L, R, e, j ]
///         S: [ A, a, J, S ]
///         V: [ V, E, F ]
///       rule: worst
///       priority: [ V, S, N ]
///       margin: 100
///     windows: { length: 1024, hop: 256 }
///     split:
///       validation: [ "203", "223" ]
///       test: [ "119" ]
///     augmentation:
///       timeWarp: { probability: 0.5 }
struct DatasetFile: Sendable {
  /// A text of the file, with where it stands.
  struct Entry: Sendable, Equatable {
    var text: String
    var location: YAMLLocation
  }

  /// The file, as the user named it.
  var path: String
  /// Defaults to the file's name.
  var name: String
  /// Paths, or patterns of them, as written: relative to the file's folder.
  var recordings: [Entry]
  /// Names or indices of the channels to use, in this order; nil: all, which are then the same in every recording.
  var channels: [String]?
  /// Names of recordings to leave out.
  var exclude: [Entry]
  var labelling: WindowLabelling
  /// Frames of a window, a multiple of 8.
  var lengthSamples: Int
  /// Frames from one window's start to the next one's; defaults to a quarter of the length.
  var hopSamples: Int
  /// Names of recordings by the part they belong to; those that are not named are for training.
  var split: [DatasetPart: [Entry]]
  /// Random changes to the training windows.
  var augmentation: Augmentation

  /// The largest length and hop of windows.
  static let maximumWindowSamples = 1 << 20

  /// Reads the dataset file at `path`, but none of the recordings that it names.
  ///
  /// - Throws: `ConfigurationError` that names line and key, and says what to write instead.
  static func read(path: String) throws(ConfigurationError) -> DatasetFile {
    try DatasetFile(YAMLDocument.read(path: path), path: path)
  }

  /// What paths in the file are relative to.
  var folder: String { URL(filePath: path).deletingLastPathComponent().path }
}

extension DatasetFile {
  private enum RootKey: String, YAMLKey {
    case name, recordings, channels, exclude, labels, windows, split, augmentation
  }
  private enum WindowKey: String, YAMLKey { case length, hop }
  private enum SplitKey: String, YAMLKey { case validation, test }

  /// Resolves a parsed file.
  init(_ file: YAMLValue, path: String) throws(ConfigurationError) {
    let root = try file.mapping(of: RootKey.self)
    self.path = path
    name = try root.optional(.name)?.string() ?? URL(filePath: path).deletingPathExtension().lastPathComponent
    recordings = try Self.entries(root.required(.recordings))
    channels = try root.optional(.channels).map { value throws(ConfigurationError) in
      try Self.entries(value).map(\.text)
    }
    exclude = try Self.entries(root.optional(.exclude), allowEmpty: true)
    let windows = try root.required(.windows).mapping(of: WindowKey.self)
    lengthSamples = try windows.required(.length).integer(in: 8...Self.maximumWindowSamples, example: "1024")
    guard lengthSamples.isMultiple(of: 8) else {
      let nearest = (lengthSamples + 7) / 8 * 8
      throw windows.location(of: .length).error(
        "a window's length has to be a multiple of 8, got \(lengthSamples): write for example 'length: \(nearest)'")
    }
    hopSamples =
      try windows.optional(.hop)?.integer(in: 1...Self.maximumWindowSamples, example: "\(lengthSamples / 4)")
      ?? lengthSamples / 4
    labelling = try WindowLabelling(root.required(.labels), windowSamples: lengthSamples)
    let parts = try root.optional(.split)?.mapping(of: SplitKey.self)
    split = [
      .validation: try Self.entries(parts?.optional(.validation), allowEmpty: true),
      .test: try Self.entries(parts?.optional(.test), allowEmpty: true),
    ]
    augmentation =
      try root.optional(.augmentation).map { value throws(ConfigurationError) in try Augmentation(value) }
      ?? Augmentation()
    try checkPlaces()
  }

  /// The texts of a list; none where there is no list.
  private static func entries(_ value: YAMLValue?, allowEmpty: Bool = false) throws(ConfigurationError) -> [Entry] {
    var entries: [Entry] = []
    for item in try value?.list(allowEmpty: allowEmpty) ?? [] {
      entries.append(Entry(text: try item.string(), location: item.location))
    }
    return entries
  }

  /// No recording may be named twice in `exclude` and `split`.
  private func checkPlaces() throws(ConfigurationError) {
    var first: [String: YAMLLocation] = [:]
    for entry in exclude + (split[.validation] ?? []) + (split[.test] ?? []) {
      if let earlier = first.updateValue(entry.location, forKey: entry.text) {
        throw entry.location.error(
          "'\(entry.text)' is in \(earlier.keyPath) on line \(earlier.line) too: a recording has one place, keep one")
      }
    }
  }
}

extension WindowLabelling {
  private enum Key: String, YAMLKey { case classes, rule, priority, margin }

  /// Resolves the `labels:` of a dataset file.
  ///
  /// - Parameter windowSamples: frames of a window, of which the margins have to leave some.
  init(_ value: YAMLValue, windowSamples: Int) throws(ConfigurationError) {
    let labels = try value.mapping(of: Key.self)
    classes = try Self.classes(labels.required(.classes))
    rule = try labels.optional(.rule)?.choice() ?? .majority
    priority = Array(classes.indices)
    if let given = try labels.optional(.priority) {
      guard rule != .centre else {
        throw given.location.error("the rule 'centre' knows no priority: remove the line, or write 'rule: worst'")
      }
      priority = try Self.priority(given, names: classes.map(\.name))
    } else if rule == .worst {
      let names = classes.reversed().map(\.name).joined(separator: ", ")
      throw labels.location.error(
        "the rule 'worst' needs a priority, the worst class first: write for example 'priority: [ \(names) ]'")
    }
    marginSamples =
      try labels.optional(.margin)?.integer(in: 0...(windowSamples - 1) / 2, example: "\(windowSamples / 10)") ?? 0
  }

  private static func classes(_ value: YAMLValue) throws(ConfigurationError) -> [Class] {
    var classes: [Class] = []
    var owners: [String: String] = [:]
    for (name, entry) in try value.entries(expecting: "a mapping from class to a list of annotation symbols") {
      var symbols: [String] = []
      for item in try entry.list() {
        let symbol = try item.string(example: "N")
        if let owner = owners.updateValue(name, forKey: symbol) {
          throw item.location.error("the symbol '\(symbol)' already stands for class '\(owner)': keep one of the two")
        }
        symbols.append(symbol)
      }
      classes.append(Class(name: name, symbols: symbols))
    }
    guard classes.count >= 2 else {
      throw value.location.error("\(classes.count) classes: there is something to learn from two on, add another")
    }
    return classes
  }

  private static func priority(_ value: YAMLValue, names: [String]) throws(ConfigurationError) -> [Int] {
    var priority: [Int] = []
    for item in try value.list() {
      let name = try item.string()
      guard let index = names.firstIndex(of: name) else {
        let hint = NearestName.of(name, among: names).map { "did you mean '\($0)'?" } ?? "name one of them"
        throw item.location.error("no class '\(name)', there are \(names.joined(separator: ", ")): \(hint)")
      }
      guard !priority.contains(index) else { throw item.location.error("'\(name)' is in the list twice: keep one") }
      priority.append(index)
    }
    if let missing = names.indices.first(where: { !priority.contains($0) }) {
      throw value.location.error("the class '\(names[missing])' is missing: name every class once")
    }
    return priority
  }
}
