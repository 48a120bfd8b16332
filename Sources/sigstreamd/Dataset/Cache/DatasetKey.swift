import Classifier
import Foundation
import StreamIO

/// What the windows of a dataset depend on, as one name: the same name, the same windows.
enum DatasetKey {
  /// The key of a dataset: SHA-256, 64 hexadecimal digits, of what its file says of cutting, of each recording's name, group,
  /// part and content, and of the program's version. Nil where a file can't be read.
  ///
  /// - Parameter items: its recordings.
  static func key(of file: DatasetFile, _ items: [RecordingList.Item], _ digests: inout FileDigests) -> String? {
    var hash = SHA256()
    func add(_ texts: [String]) {
      // With their lengths, so that no two lists read alike.
      for text in ["\(texts.count)"] + texts {
        Array("\(text.utf8.count):\(text)".utf8).withUnsafeBytes { hash.add($0) }
      }
    }
    add([Sigstreamd.version, String(WindowFile.Header(key: "").format)])
    add(meaning(of: file))
    var folder: String?
    for item in items {
      let files = RecordingFiles.paths(of: item.path, labels: file.labelling.source, folder: &folder)
      var contents: [String] = []
      for path in files {
        guard let digest = digests.digest(of: path) else { return nil }
        contents += [URL(filePath: path).lastPathComponent, digest]
      }
      guard !files.isEmpty || folder != nil else { return nil }
      // Labels may come from the names of the folder and the file.
      let place = URL(filePath: item.path).pathComponents.suffix(2)
      add([item.name, item.group, item.part.rawValue] + place + contents)
    }
    return hash.digest()
  }

  private static func meaning(of file: DatasetFile) -> [String] {
    [
      String(reflecting: file.channels), String(reflecting: file.variable), String(reflecting: file.sampleRateHz),
      String(reflecting: file.filters), String(reflecting: file.resampleHz), String(reflecting: file.labelling),
      String(file.lengthSamples), String(file.hopSamples), String(reflecting: file.placement),
    ]
  }
}

/// The files that a recording is read from.
enum RecordingFiles {
  /// The regular files behind what `RecordingReader` opens at `path`, and the file that its labels come from; perhaps
  /// some more beside them.
  ///
  /// - Parameter folder: the folder of segments that the recording before it is in, and then that of this one; nil: none. All
  ///   recordings of a folder depend on all of its segments, which are given for the first one.
  static func paths(of path: String, labels: LabelSource, folder: inout String?) -> [String] {
    let file = FilePath.splitMember(path).file
    var paths: [String] = FileStatus(path: file) == nil ? [] : [file]
    for stem in [path, URL(filePath: path).deletingPathExtension().path] { addRecord("\(stem).hea", to: &paths) }
    let known = folder
    folder = FilePath.segmentFolder(ofRecording: file, known: known)
    if let folder, folder != known { paths += SegmentFolder.files(in: folder) }
    if FileBytes.isFolder(path: file) {
      let names = (try? FileManager.default.contentsOfDirectory(atPath: file)) ?? []
      paths += names.sorted().map { "\(file)/\($0)" }.filter { FileStatus(path: $0) != nil }
    }
    if case .intervals(let pattern) = labels {
      let table = LabelSource.intervalsPath(pattern, ofRecording: file)
      if FileStatus(path: table) != nil { paths.append(table) }
    }
    // A WFDB record may be named without its header's ending, or by its signal file.
    let headers = ["\(file).hea", "\(URL(filePath: file).deletingPathExtension().path).hea"]
    for beside in ([file] + headers).flatMap(labels.annotationPaths) where FileStatus(path: beside) != nil {
      if !paths.contains(beside) { paths.append(beside) }
    }
    return paths
  }

  /// A WFDB header, its annotations, and each file and segment that a line of it begins with.
  private static func addRecord(_ header: String, to paths: inout [String]) {
    guard FileStatus(path: header) != nil, let bytes = try? FileBytes.read(path: header, maximumBytes: 1 << 24) else {
      return
    }
    if !paths.contains(header) { paths.append(header) }
    let url = URL(filePath: header)
    let annotations = url.deletingPathExtension().path + ".atr"
    if FileStatus(path: annotations) != nil, !paths.contains(annotations) { paths.append(annotations) }
    var known = Set(paths)
    for line in String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).dropFirst() {
      guard let name = line.split(whereSeparator: \.isWhitespace).first, name.first != "#" else { continue }
      let path = url.deletingLastPathComponent().appending(path: String(name)).path
      if FileStatus(path: path) != nil, known.insert(path).inserted { paths.append(path) }
      if FileStatus(path: "\(path).hea") != nil, known.insert("\(path).hea").inserted {
        addRecord("\(path).hea", to: &paths)
        known.formUnion(paths)
      }
    }
  }
}
