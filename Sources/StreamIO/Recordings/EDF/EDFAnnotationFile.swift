/// An EDF+ file of annotations alone, such as the hypnograms of Sleep-EDF.
package struct EDFAnnotationFile {
  /// In the order of their onsets, none of them before the file's start.
  let entries: [EDFAnnotations.Entry]

  package var count: Int { entries.count }

  /// - Returns: nil where the file at `path` is no EDF, or has signals.
  /// - Throws: `FileError` where it can't be read, or is damaged.
  package init?(path: String) throws(FileError) {
    guard FileBytes.exists(path: path), !FileBytes.isFolder(path: path) else { return nil }
    let file = try FileReader(path: path)
    guard case .edf? = RecordingFormat(start: try file.bytes(0..<min(file.size, RecordingFormat.startBytes))) else {
      return nil
    }
    let edf = try EDFHeader(file)
    guard edf.signals.contains(where: \.isAnnotations), !edf.signals.contains(where: \.holdsSamples) else {
      return nil
    }
    let found = try EDFAnnotations.read(file, edf, records: edf.records(inFileOf: file.size)).entries
    entries = found.filter { $0.onsetSeconds >= 0 }.sorted { $0.onsetSeconds < $1.onsetSeconds }
  }
}
