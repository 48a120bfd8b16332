/// Opens recordings in whichever of the formats they are.
package enum RecordingReader {
  /// Opens the file that `path` names.
  ///
  /// - Parameter path: a file of one of the formats in docs/formats.md, or a WFDB record by its name (`data/119`) or any of
  ///   its files (`data/119.hea`, `data/119.dat`), or a folder of segments, or one recording in it (`folder/name`). What
  ///   the file holds decides, not what it is called. `file:name` means one of several things in it: an array of an
  ///   archive, a variable, a dataset, a read or a series.
  /// - Throws: `FileError`.
  package static func open(path: String) throws(FileError) -> any RecordingFile {
    var folder: SegmentFolder?
    return try open(path: path, folder: &folder)
  }

  /// Opens one file after the other, and scans a folder of segments once for those recordings in it that follow each other.
  ///
  /// - Parameter folder: that of the recording opened last, as it was when it was scanned; nil where there is none.
  /// - Throws: `FileError`.
  package static func open(path: String, folder: inout SegmentFolder?) throws(FileError) -> any RecordingFile {
    if path.hasSuffix(".hea") { return SingleRecordingFile(try WFDBRecord.open(headerPath: path)) }
    let (file, member) = FilePath.splitMember(path)
    let isFile = FileBytes.exists(path: file) && !FileBytes.isFolder(path: file)
    if isFile, !isSignalFile(file),
      let format = RecordingFormat(start: try FileBytes.read(path: file, maximumBytes: RecordingFormat.startBytes))
    {
      return try open(file, as: format, member: member)
    }
    if SegmentFolder.isOne(path) { return try SegmentFolder(path: path) }
    if let parent = FilePath.segmentFolder(ofRecording: path, known: folder?.path) {
      let scanned = if let folder, folder.path == parent { folder } else { try SegmentFolder(path: parent) }
      folder = scanned
      return SingleRecordingFile(try scanned.recording(named: String(FilePath.name(path))))
    }
    for stem in [path[...], FilePath.withoutExtension(path)] where FileBytes.exists(path: "\(stem).hea") {
      return SingleRecordingFile(try WFDBRecord.open(headerPath: "\(stem).hea"))
    }
    if isFile, let table = try TextTableFile.open(path: file) {
      return try table.member(member, path: file)
    }
    throw unreadable(path, isFile: isFile)
  }

  /// Reads the one recording that `path` names, as `open` takes it.
  ///
  /// - Throws: `FileError`, also where the file holds several.
  package static func read(path: String) throws(FileError) -> Recording {
    var source = try openSingle(path: path)
    return try source.readAll()
  }

  /// Opens the one recording that `path` names, as `open` takes it.
  ///
  /// - Throws: `FileError`, also where the file holds several.
  package static func openSingle(path: String) throws(FileError) -> any RecordingSource {
    var file = try open(path: path)
    guard let source = try file.next() else {
      throw FileError(path: path, message: "holds no recording: check the file")
    }
    guard try file.next() == nil else {
      // Those of a folder have paths of their own.
      let header = source.header
      let example = header.path == path ? "\(path):\(header.name)" : header.path
      throw FileError(path: path, message: "holds several recordings: name one, as in \(example)")
    }
    return source
  }

  /// Whether a file is named as one of a WFDB record, whatever it holds: FLAC may be its signals.
  private static func isSignalFile(_ path: String) -> Bool {
    path.hasSuffix(".dat") && FileBytes.exists(path: "\(FilePath.withoutExtension(path)).hea")
  }

  private static func open(
    _ path: String, as format: RecordingFormat, member: String?
  ) throws(FileError) -> any RecordingFile {
    switch format {
    case .array: return SingleRecordingFile(try NumPyRecording.open(path: path))
    case .archive: return SingleRecordingFile(try NumPyRecording.open(path: path, member: member))
    case .edf: return SingleRecordingFile(try EDFRecording(path: path))
    case .audio: return try OptionalFormats.audio(path: path)
    case .matlab: return try OptionalFormats.matlab(path: path, variable: member)
    case .hdf5: return try OptionalFormats.hdf5(path: path, dataset: member)
    case .slow5:
      return try Slow5File(path: path).member(member, path: path)
    case .blow5:
      return try Blow5File(path: path).member(member, path: path)
    case .timeSeries:
      return try TimeSeriesFile(path: path).member(member, path: path)
    }
  }

  private static func unreadable(_ path: String, isFile: Bool) -> FileError {
    let formats = "WFDB, NumPy, CSV, EDF, BDF, WAV, FLAC, MATLAB, HDF5, SLOW5, BLOW5, .ts and segments can be read"
    if FileBytes.isFolder(path: path) {
      return FileError(path: path, message: "a folder: name one recording in it (\(formats))")
    }
    return FileError(
      path: path,
      message: isFile
        ? "not a recording of a format that is known: \(formats); a WFDB record needs its .hea file beside it"
        : "no such recording, and no '\(FilePath.name(path)).hea' either: check the path (\(formats))")
  }
}

extension RecordingFile {
  /// The one recording of that name; all of them where `name` is nil.
  ///
  /// - Throws: `FileError` where the file, at `path`, holds none of that name.
  fileprivate func member(_ name: String?, path: String) throws(FileError) -> any RecordingFile {
    guard let name else { return self }
    return try MemberFile(self, name: name, path: path)
  }
}

/// One recording of a file that holds several.
struct MemberFile: RecordingFile {
  private var single: SingleRecordingFile

  /// - Throws: `FileError` where the file holds none of that name.
  init(_ file: any RecordingFile, name: String, path: String) throws(FileError) {
    var file = file
    var first: String?
    while let source = try file.next() {
      if source.header.name == name {
        single = SingleRecordingFile(source)
        return
      }
      first = first ?? source.header.name
    }
    throw FileError(
      path: path, message: "holds no recording named '\(name)': name one of those it has, the first is '\(first ?? "")'"
    )
  }

  mutating func next() -> (any RecordingSource)? { single.next() }
}
