import Foundation

/// The recordings that a dataset file means: its patterns resolved, each recording in its part.
struct RecordingList: Sendable, Equatable {
  struct Item: Sendable, Equatable {
    /// The record's name: "119".
    var name: String
    /// What `RecordingReader` reads.
    var path: String
    var part: DatasetPart
  }

  /// Ordered by the patterns in the file, and by path within one.
  private(set) var items: [Item] = []

  /// - Throws: `ConfigurationError` where a pattern matches nothing, two recordings have the same name, or a name in
  ///   `exclude` or `split` is that of no recording.
  init(_ file: DatasetFile) throws(ConfigurationError) {
    var parts: [String: DatasetPart] = [:]
    for (part, entries) in file.split {
      for entry in entries { parts[entry.text] = part }
    }
    let excluded = Set(file.exclude.map(\.text))
    var stems: [String: String] = [:]
    for pattern in file.recordings {
      for path in try Self.matches(pattern, folder: file.folder) {
        // A record has several files; whichever of them match, it is one recording.
        let stem = URL(filePath: path).deletingPathExtension().path
        let name = URL(filePath: stem).lastPathComponent
        if let earlier = stems.updateValue(stem, forKey: name) {
          if earlier == stem { continue }
          throw pattern.location.error(
            "two recordings are named '\(name)', '\(earlier)' and '\(stem)': rename one, or leave it out of the patterns"
          )
        }
        guard !excluded.contains(name) else { continue }
        items.append(Item(name: name, path: path, part: parts[name] ?? .training))
      }
    }
    for entry in file.exclude + DatasetPart.allCases.flatMap({ file.split[$0] ?? [] }) where stems[entry.text] == nil {
      let hint = NearestName.of(entry.text, among: stems.keys.sorted()).map { "did you mean '\($0)'?" }
      throw entry.location.error("no recording is named '\(entry.text)': \(hint ?? "check the name, or remove it")")
    }
  }

  /// The paths that match, in order.
  private static func matches(_ pattern: DatasetFile.Entry, folder: String) throws(ConfigurationError) -> [String] {
    let isAbsolute = pattern.text.hasPrefix("/")
    // What a folder happens to be called is no pattern.
    let escaped = folder.map { "*?[\\".contains($0) ? "\\\($0)" : String($0) }.joined()
    var found = glob_t()
    defer { globfree(&found) }
    let status = glob(isAbsolute ? pattern.text : "\(escaped)/\(pattern.text)", 0, nil, &found)
    let paths = (0..<Int(found.gl_pathc)).compactMap { found.gl_pathv[$0].map { String(cString: $0) } }
    if status == 0 && !paths.isEmpty { return paths }
    // A record may be named without an extension, which no file has.
    let plain = isAbsolute ? pattern.text : "\(folder)/\(pattern.text)"
    if FileManager.default.fileExists(atPath: plain + ".hea") { return [plain] }
    throw pattern.location.error(
      "nothing matches '\(pattern.text)' in \(folder): check the path, which is relative to the dataset file")
  }
}
