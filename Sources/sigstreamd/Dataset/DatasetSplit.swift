import Classifier
import StreamIO

/// How the groups of a dataset (patients, bearings, flow cells) are told apart: `group`. A group is in one part only.
enum DatasetGrouping: Sendable, Equatable {
  /// Each file by itself.
  case file(NamePattern)
  /// The files of a folder.
  case folder(NamePattern)

  /// The group of the recordings in the file at `path`, whose name is `name`.
  ///
  /// - Throws: `FileError` where the pattern doesn't match.
  func group(ofPath path: String, name: String) throws(FileError) -> String {
    switch self {
    case .file(let pattern): try pattern.text(in: name, path)
    case .folder(let pattern): try pattern.text(in: LabelSource.folder(path), path)
    }
  }
}

/// Which groups are for validation and test: `split`. The others are for training.
enum DatasetSplit: Sendable, Equatable {
  /// By name, or by a pattern of names (`*_TEST`).
  case listed([DatasetPart: [DatasetFile.Entry]])
  /// As shares of the groups, drawn at random: with a group more or less, all are drawn anew.
  case drawn([DatasetPart: Double], seed: UInt64)

  /// The part of each group; those that are not there are for training.
  ///
  /// - Throws: `ConfigurationError` where a name is that of none.
  func parts(of groups: [String], what: String) throws(ConfigurationError) -> [String: DatasetPart] {
    var parts: [String: DatasetPart] = [:]
    switch self {
    case .listed(let lists):
      for part in DatasetPart.allCases {
        for entry in lists[part] ?? [] {
          for group in try entry.matches(among: groups, what: what) {
            guard parts[group] == nil || parts[group] == part else {
              throw entry.location.error(
                "'\(entry.text)' means \(group), which is in split.\(parts[group]?.rawValue ?? "") too: a group has one part, "
                  + "keep one")
            }
            parts[group] = part
          }
        }
      }
    case .drawn(let shares, let seed):
      var generator = SplitMix64(seed: seed)
      var rest = Set(groups).sorted().shuffled(using: &generator)[...]
      let count = rest.count
      for part in [DatasetPart.validation, .test] {
        guard let share = shares[part], share > 0 else { continue }
        // At least one, and one is left to train on.
        let taken = rest.prefix(min(max(1, Int((share * Double(count)).rounded())), max(0, rest.count - 1)))
        for group in taken { parts[group] = part }
        rest = rest.dropFirst(taken.count)
      }
    }
    return parts
  }
}

extension DatasetFile.Entry {
  /// The names that the entry means: the one that it is, or those that it is a pattern of.
  ///
  /// - Throws: `ConfigurationError` where it is none, naming the nearest one.
  func matches(among names: [String], what: String) throws(ConfigurationError) -> [String] {
    if names.contains(text) { return [text] }
    let matching = Set(names.filter { FilePath.matches($0, pattern: text) }).sorted()
    guard matching.isEmpty else { return matching }
    let hint = NearestName.of(text, among: Set(names).sorted()).map { "did you mean '\($0)'?" }
    throw location.error("no \(what) is named '\(text)': \(hint ?? "check the name, or remove it")")
  }
}
