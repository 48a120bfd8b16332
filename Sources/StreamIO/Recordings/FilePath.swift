import Glibc

/// The parts of a path, by the rules of POSIX: only what the readers need.
package enum FilePath {
  /// What stands before the last slash, with the slash: `data/` of `data/119.hea`, empty for `119.hea`.
  static func folder(_ path: String) -> Substring {
    path.lastIndex(of: "/").map { path[...$0] } ?? path[..<path.startIndex]
  }

  /// What stands behind the last slash: `119.hea` of `data/119.hea`.
  static func name(_ path: String) -> Substring {
    path.lastIndex(of: "/").map { path[path.index(after: $0)...] } ?? path[...]
  }

  /// The path without the last extension of its name: `data/119` of `data/119.hea`; a leading dot is no extension.
  static func withoutExtension(_ path: String) -> Substring {
    let name = name(path)
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return path[...] }
    return path[..<dot]
  }
}

extension FilePath {
  /// The folder of segments that `path` names a recording in; nil where it does not.
  ///
  /// - Parameter known: a folder of segments that need not be looked at again.
  package static func segmentFolder(ofRecording path: String, known: String? = nil) -> String? {
    let folder = String(folder(path).dropLast())
    guard !folder.isEmpty, !FileBytes.exists(path: path) else { return nil }
    return folder == known || SegmentFolder.isOne(folder) ? folder : nil
  }

  /// The file and the name behind a colon, in a path such as `reads.slow5:a-read`; the whole path and nil where a file is
  /// called so, or none is.
  package static func splitMember(_ path: String) -> (file: String, member: String?) {
    if FileBytes.exists(path: path) { return (path, nil) }
    var search = path[...]
    while let colon = search.lastIndex(of: ":") {
      let file = String(path[..<colon])
      if FileBytes.exists(path: file) && !FileBytes.isFolder(path: file) {
        return (file, String(path[path.index(after: colon)...]))
      }
      search = path[..<colon]
    }
    return (path, nil)
  }

  /// The name without its last extension: `119` of `data/119.hea`.
  package static func stem(_ path: String) -> String { String(name(String(withoutExtension(path)))) }
}

extension FilePath {
  /// Whether a name is what a pattern of the shell's kind means: `*`, `?` and `[…]`.
  package static func matches(_ name: String, pattern: String) -> Bool { fnmatch(pattern, name, 0) == 0 }
}
