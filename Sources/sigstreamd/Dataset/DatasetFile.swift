import Classifier
import Foundation
import StreamIO
import Windowing

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
  /// Which variable, array or dataset of each file to use, by name or pattern; nil: the only one.
  var variable: String?
  /// Of recordings that don't say; nil: unknown.
  var sampleRateHz: Double?
  /// What the channels are filtered by, in this order; nil: not said, and so by nothing.
  var filters: [SignalFilter]?
  /// The rate that every recording is brought to, after the filters; nil: its own. Windows count samples at this rate.
  var resampleHz: Double?
  /// Names of recordings to leave out.
  var exclude: [Entry]
  var labelling: WindowLabelling
  /// Frames of a window, a multiple of 8.
  var lengthSamples: Int
  /// Frames from one window's start to the next one's; defaults to a quarter of the length.
  var hopSamples: Int
  /// Where windows are cut.
  var placement: WindowCutter.Placement
  /// What recordings belong together; nil: each is a group of its own, of its name.
  var grouping: DatasetGrouping?
  /// What is for validation and test.
  var split: DatasetSplit
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

  /// Takes from a model what the file leaves open: the rate, and the filters.
  ///
  /// - Throws: `FileError` where the file's filters are not the model's.
  mutating func adopt(_ model: Model) throws(FileError) {
    let known = try model.filters(path: path)
    if let filters, !known.isEmpty, filters != known {
      throw FileError(
        path: path,
        message: "has other filters than the model, whose samples were filtered by "
          + "\(SignalFilter.text(known)): remove 'filters', they are taken from the model")
    }
    filters = filters ?? known
    if resampleHz == nil, model.input.sampleRate > 0 { resampleHz = model.input.sampleRate }
  }

  /// Frames a second of a recording: what it says itself, else this file; nil where neither does.
  func sampleRateHz(of header: RecordingHeader) -> Double? { header.sampleRateHz ?? sampleRateHz }

  /// Samples that windows are cut from, for those of a recording.
  func ratio(of header: RecordingHeader) -> ResamplingRatio {
    guard let rate = sampleRateHz(of: header), let resampleHz else { return .one }
    return ResamplingRatio(from: rate, to: resampleHz) ?? .one
  }

  /// What paths in the file are relative to.
  var folder: String { URL(filePath: path).deletingLastPathComponent().path }
}

extension DatasetFile {
  private enum RootKey: String, YAMLKey {
    case name, recordings, variable, channels, sampleRate, filters, resample, exclude, labels, windows, group, split
    case augmentation
  }
  private enum WindowKey: String, YAMLKey { case length, hop, at, offset }
  private enum Place: String, CaseIterable { case events, start }
  private enum GroupKey: String, YAMLKey { case from, pattern }
  private enum GroupSource: String, CaseIterable { case file, folder }
  private enum SplitKey: String, YAMLKey { case validation, test, seed }

  /// Resolves a parsed file.
  init(_ file: YAMLValue, path: String) throws(ConfigurationError) {
    let root = try file.mapping(of: RootKey.self)
    self.path = path
    name = try root.optional(.name)?.string() ?? URL(filePath: path).deletingPathExtension().lastPathComponent
    recordings = try Self.entries(root.required(.recordings))
    channels = try root.optional(.channels).map { value throws(ConfigurationError) in
      try Self.entries(value).map(\.text)
    }
    variable = try root.optional(.variable)?.string(example: "'*_DE_time'")
    sampleRateHz = try root.optional(.sampleRate)?.number(in: 1e-6...1e9, unit: "Hz", example: "12000")
    filters = try root.optional(.filters).map { value throws(ConfigurationError) in try SignalFilter.list(value) }
    resampleHz = try root.optional(.resample)?.frequency(in: 0.001...1e9, example: "360Hz")
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
    placement = try Self.placement(windows, lengthSamples: lengthSamples)
    grouping = try root.optional(.group).map { value throws(ConfigurationError) in try Self.grouping(value) }
    split = try Self.split(root.optional(.split))
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

  private static func placement(
    _ windows: YAMLMapping<WindowKey>, lengthSamples: Int
  ) throws(ConfigurationError) -> WindowCutter.Placement {
    guard let place: Place = try windows.optional(.at)?.choice() else {
      if let offset = try windows.optional(.offset) {
        throw offset.location.error("an offset goes with 'at: events' or 'at: start': add one of them, or remove it")
      }
      return .sliding
    }
    if let hop = try windows.optional(.hop) {
      throw hop.location.error("there is no hop with 'at: \(place.rawValue)': remove one of the two")
    }
    switch place {
    case .events:
      let offset = try windows.optional(.offset)?.integer(
        in: -maximumWindowSamples...maximumWindowSamples, example: "\(-lengthSamples / 2)")
      return .events(offsetSamples: offset ?? -lengthSamples / 2)
    case .start:
      return .start(offsetSamples: try windows.optional(.offset)?.integer(in: 0...1 << 40, example: "0") ?? 0)
    }
  }

  private static func grouping(_ value: YAMLValue) throws(ConfigurationError) -> DatasetGrouping {
    let keys = try value.mapping(of: GroupKey.self)
    let pattern = try NamePattern(keys.optional(.pattern))
    switch try keys.required(.from).choice(of: GroupSource.self) {
    case .file: return .file(pattern)
    case .folder: return .folder(pattern)
    }
  }

  /// Lists of names, or, where a number stands for one of them, shares.
  private static func split(_ value: YAMLValue?) throws(ConfigurationError) -> DatasetSplit {
    guard let keys = try value?.mapping(of: SplitKey.self) else { return .listed([:]) }
    let values = [
      (DatasetPart.validation, try keys.optional(.validation)), (.test, try keys.optional(.test)),
    ]
    if let seed = try keys.optional(.seed)?.integer(in: 0...Int.max, example: "1") {
      var shares: [DatasetPart: Double] = [:]
      for (part, value) in values { shares[part] = try value?.number(in: 0...0.9, example: "0.2") }
      return .drawn(shares, seed: UInt64(seed))
    }
    var lists: [DatasetPart: [Entry]] = [:]
    for (part, value) in values { lists[part] = try entries(value, allowEmpty: true) }
    return .listed(lists)
  }

  /// No recording may be named twice in `exclude` and `split`.
  private func checkPlaces() throws(ConfigurationError) {
    var first: [String: YAMLLocation] = [:]
    var entries = exclude
    if case .listed(let lists) = split { entries += (lists[.validation] ?? []) + (lists[.test] ?? []) }
    for entry in entries { try entry.check(isFirstIn: &first) }
  }
}

extension DatasetFile.Entry {
  fileprivate func check(isFirstIn first: inout [String: YAMLLocation]) throws(ConfigurationError) {
    if let earlier = first.updateValue(location, forKey: text) {
      throw location.error(
        "'\(text)' is in \(earlier.keyPath) on line \(earlier.line) too: a recording has one place, keep one")
    }
  }
}

extension NamePattern {
  init(_ value: YAMLValue?) throws(ConfigurationError) {
    expression = try value?.string(example: "'([A-Z]+)_.*'")
    guard let value, let expression, (try? Regex(expression)) == nil else { return }
    throw value.location.error("'\(expression)' is no regular expression: correct it")
  }
}

extension WindowLabelling {
  private enum Key: String, YAMLKey {
    case from, annotator, column, intervals, pattern, classes, rule, priority, margin
  }
  private enum Source: String, CaseIterable { case annotations, text, column, intervals, folder, file, series }

  /// Resolves the `labels:` of a dataset file.
  ///
  /// - Parameter windowSamples: frames of a window, of which the margins have to leave some.
  init(_ value: YAMLValue, windowSamples: Int) throws(ConfigurationError) {
    let labels = try value.mapping(of: Key.self)
    source = try Self.source(labels)
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

  private static func source(_ labels: YAMLMapping<Key>) throws(ConfigurationError) -> LabelSource {
    let source = try labels.optional(.from)?.choice(of: Source.self) ?? .annotations
    let used: [Key] =
      switch source {
      case .annotations, .text: [.annotator]
      case .series: []
      case .column: [.column]
      case .intervals: [.intervals]
      case .folder, .file: [.pattern]
      }
    for key in [Key.annotator, .column, .intervals, .pattern] where !used.contains(key) {
      guard let value = try labels.optional(key) else { continue }
      throw value.location.error("'\(key.rawValue)' doesn't go with 'from: \(source.rawValue)': remove one of the two")
    }
    let pattern = try NamePattern(labels.optional(.pattern))
    let annotator = try labels.optional(.annotator)?.string(example: "apn")
    switch source {
    case .annotations: return .annotations(annotator: annotator)
    case .text: return .text(annotator: annotator)
    case .series: return .series
    case .column: return .column(try labels.required(.column).string(example: "activity"))
    case .intervals: return .intervals(try labels.required(.intervals).string(example: "'{name}.labels.csv'"))
    case .folder: return .folder(pattern)
    case .file: return .file(pattern)
    }
  }

  /// A mapping from class to the labels that stand for it, or a list of labels that are classes.
  private static func classes(_ value: YAMLValue) throws(ConfigurationError) -> [Class] {
    var classes: [Class] = []
    var owners: [String: String] = [:]
    for (name, items) in try classEntries(value) {
      var symbols: [String] = []
      for item in items {
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

  private static func classEntries(_ value: YAMLValue) throws(ConfigurationError) -> [(String, [YAMLValue])] {
    if let items = try? value.list() {
      var entries: [(String, [YAMLValue])] = []
      for item in items { entries.append((try item.string(example: "normal"), [item])) }
      return entries
    }
    var entries: [(String, [YAMLValue])] = []
    for (name, entry) in try value.entries(expecting: "a mapping from class to a list of annotation symbols") {
      entries.append((name, try entry.list()))
    }
    return entries
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
