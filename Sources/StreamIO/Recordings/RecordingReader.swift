/// Reads a recording in whichever of the formats it is.
package enum RecordingReader {
  /// Reads the recording that `path` names.
  ///
  /// - Parameter path: a WFDB record (`data/119`, or any of its files: `data/119.hea`, `data/119.dat`), or an array
  ///   of shape `(N,)` or `(N, C)` in a `.npy` file or an archive (`x.npz:name`). What the file holds decides, not what
  ///   it is called.
  /// - Throws: `FileError`.
  package static func read(path: String) throws(FileError) -> Recording {
    if path.hasSuffix(".hea") { return try WFDBRecord.read(headerPath: path) }
    let file = NumPyArchive.split(path).file
    let isFile = FileBytes.exists(path: file) && !FileBytes.isFolder(path: file)
    let start = isFile ? try FileBytes.read(path: file, maximumBytes: 16) : []
    if NumPyArray.isArray(start) || NumPyArchive.isArchive(start) {
      return try recording(NumPyArray.read(path: path), path: file)
    }
    for stem in [path[...], FilePath.withoutExtension(path)] where FileBytes.exists(path: "\(stem).hea") {
      return try WFDBRecord.read(headerPath: "\(stem).hea")
    }
    throw unreadable(path, isFile: isFile)
  }

  private static func recording(_ array: NumPyArray, path: String) throws(FileError) -> Recording {
    guard (1...2).contains(array.shape.count) else {
      throw FileError(
        path: path,
        message: "an array of shape \(array.shapeText): a recording has shape (N,), or (N, C) with one column a channel"
      )
    }
    let channels = array.shape.count == 2 ? array.shape[1] : 1
    guard array.shape[0] > 0, channels > 0 else {
      throw FileError(path: path, message: "an array of shape \(array.shapeText) holds no samples: check the file")
    }
    return Recording(
      name: String(FilePath.name(String(FilePath.withoutExtension(path)))), path: path, sampleRateHz: nil,
      channels: (0..<channels).map { Recording.Channel(name: String($0), units: "") }, samples: array.floats())
  }

  private static func unreadable(_ path: String, isFile: Bool) -> FileError {
    let formats = "a WFDB record (NAME.hea with its .dat) and a NumPy array (.npy, .npz)"
    if FileBytes.isFolder(path: path) {
      return FileError(path: path, message: "a folder: name one recording in it (\(formats) can be read)")
    }
    return FileError(
      path: path,
      message: isFile
        ? "not a recording of a format that is known: \(formats) can be read; a WFDB record needs its .hea file beside it"
        : "no such recording, and no '\(FilePath.name(path)).hea' either: check the path (\(formats) can be read)")
  }
}
