import Foundation
import StreamIO

/// The recordings that a dataset file means: its patterns resolved, each recording in its part.
struct RecordingList: Sendable, Equatable {
  struct Item: Sendable, Equatable {
    /// The record's name: "119".
    var name: String
    /// What `RecordingReader` opens.
    var path: String
    var group: String
    var part: DatasetPart
  }

  /// Ordered by the patterns in the file, and by path within one.
  private(set) var items: [Item] = []

  /// - Throws: `ConfigurationError` where a pattern matches nothing, two recordings have the same name, or a name in
  ///   `exclude` or `split` is that of no recording; `FileError` where a name has not what a group's pattern matches.
  init(_ file: DatasetFile) throws {
    // A recording of a live stream belongs with the others of its stream.
    var found: [(name: String, path: String, stream: String?)] = []
    var stems: [String: String] = [:]
    for pattern in file.recordings {
      for path in try Self.matches(pattern, folder: file.folder) {
        if SegmentFolder.isOne(path) {
          found += try SegmentFolder(path: path).headers.map { header in
            (header.name, header.path, header.stream.map { SegmentFolder.fileName(ofStream: $0.stream) })
          }
          continue
        }
        // A record has several files; whichever of them match, it is one recording.
        let stem = URL(filePath: path).deletingPathExtension().path
        let name = Self.name(stem, source: file.labelling.source)
        if let earlier = stems.updateValue(stem, forKey: name) {
          if earlier == stem { continue }
          throw pattern.location.error(
            "two recordings are named '\(name)', '\(earlier)' and '\(stem)': rename one, or leave it out of the patterns"
          )
        }
        found.append((name, path, nil))
      }
    }
    var excluded: Set<String> = []
    for entry in file.exclude { excluded.formUnion(try entry.matches(among: found.map(\.name), what: "recording")) }
    for (name, path, stream) in found where !excluded.contains(name) {
      let group = try file.grouping?.group(ofPath: path, name: FilePath.stem(path)) ?? stream ?? name
      items.append(
        Item(name: name, path: file.variable.map { "\(path):\($0)" } ?? path, group: group, part: .training))
    }
    let parts = try file.split.parts(of: items.map(\.group), what: file.grouping == nil ? "recording" : "group")
    for index in items.indices { items[index].part = parts[items[index].group] ?? .training }
  }

  /// The file's name; with its folder where that is the class, since such folders have files of the same names.
  private static func name(_ stem: String, source: LabelSource) -> String {
    let url = URL(filePath: stem)
    guard case .folder = source else { return url.lastPathComponent }
    return "\(LabelSource.folder(stem))/\(url.lastPathComponent)"
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
