/// The parts of a path, by the rules of POSIX: only what the readers need.
enum FilePath {
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
