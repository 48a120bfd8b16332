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
    let found = try Self.name(Self.find(file), byFolder: file.namesFolders)
    var excluded: Set<String> = []
    for entry in file.exclude { excluded.formUnion(try entry.matches(among: found.map(\.name), what: "recording")) }
    for recording in found where !excluded.contains(recording.name) {
      let (name, path) = (recording.name, recording.path)
      let group = try file.grouping?.group(ofPath: path, name: FilePath.stem(path)) ?? recording.stream ?? name
      items.append(
        Item(name: name, path: file.variable.map { "\(path):\($0)" } ?? path, group: group, part: .training))
    }
    let parts = try file.split.parts(of: items.map(\.group), what: file.grouping == nil ? "recording" : "group")
    for index in items.indices { items[index].part = parts[items[index].group] ?? .training }
  }

  private struct Found {
    var name: String
    var path: String
    /// The path without the ending; that of a WFDB record, which all its files share.
    var stem: String
    /// Of a recording of a live stream, which belongs with the others of its stream.
    var stream: String?
    var location: YAMLLocation

    var folder: String { LabelSource.folder(path) }
  }

  /// The recordings that the patterns mean, each once, by the names of their files without the endings.
  private static func find(_ file: DatasetFile) throws -> [Found] {
    var found: [Found] = []
    var known: Set<String> = []
    for pattern in file.recordings {
      for path in try matches(pattern, folder: file.folder) {
        if SegmentFolder.isOne(path) {
          for header in try SegmentFolder(path: path).headers where known.insert(header.path).inserted {
            let stream = header.stream.map { SegmentFolder.fileName(ofStream: $0.stream) }
            found.append(
              Found(
                name: header.name, path: header.path, stem: header.path, stream: stream, location: pattern.location))
          }
          continue
        }
        // A record has several files; whichever of them match, it is one recording.
        let stem = URL(filePath: path).deletingPathExtension().path
        let isRecord = FileBytes.exists(path: "\(stem).hea")
        guard known.insert(isRecord ? stem : URL(filePath: path).path).inserted else { continue }
        let name = URL(filePath: stem).lastPathComponent
        found.append(Found(name: name, path: path, stem: stem, stream: nil, location: pattern.location))
      }
    }
    return found
  }

  /// Tells recordings apart that have the same name: in one folder by the endings of their files, else by their folders.
  ///
  /// - Parameter byFolder: whether files have their folder in their names in any case.
  /// - Throws: `ConfigurationError` where that is not enough.
  private static func name(_ found: [Found], byFolder: Bool) throws(ConfigurationError) -> [Found] {
    var found = found
    let stems = Dictionary(found.map { ($0.stem, 1) }, uniquingKeysWith: +)
    for index in found.indices where stems[found[index].stem, default: 0] > 1 {
      found[index].name = URL(filePath: found[index].path).lastPathComponent
    }
    let names = Dictionary(found.map { ($0.name, 1) }, uniquingKeysWith: +)
    for index in found.indices {
      let recording = found[index]
      guard names[recording.name, default: 0] > 1 || byFolder && recording.stream == nil else { continue }
      found[index].name = "\(recording.folder)/\(recording.name)"
    }
    var paths: [String: String] = [:]
    for recording in found {
      guard let earlier = paths.updateValue(recording.path, forKey: recording.name) else { continue }
      throw recording.location.error(
        "two recordings are named '\(recording.name)', '\(earlier)' and '\(recording.path)': rename one, "
          + "or leave it out of the patterns")
    }
    return found
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

extension DatasetFile {
  /// Whether folders tell recordings apart by their classes or groups: such folders have files of the same names.
  fileprivate var namesFolders: Bool {
    if case .folder = labelling.source { return true }
    if case .folder? = grouping { return true }
    return false
  }
}
