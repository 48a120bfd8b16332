/// Reads WFDB records of one segment and one rate: the header, the signal files beside it, the annotations.
///
/// Source: PhysioNet, WFDB Applications Guide, header(5), signal(5) and annot(5).
enum WFDBRecord {
  /// The annotator whose annotations are those of the record: experts' reference annotations.
  static let annotator = "atr"

  /// Reads the record whose header is at `headerPath` (`….hea`).
  ///
  /// - Throws: `FileError` for a file that is missing, of a kind that can't be read, too short or too long for what the
  ///   header says, or whose samples don't add up to the header's checksum.
  static func read(headerPath: String) throws(FileError) -> Recording {
    let header = try WFDBHeader.parse(FileBytes.read(path: headerPath), path: headerPath)
    let signals = try WFDBSignals.read(header, headerPath: headerPath)
    let annotationPath = FilePath.withoutExtension(headerPath) + "." + annotator
    var annotations: [Annotation] = []
    if FileBytes.exists(path: String(annotationPath)) {
      annotations = try WFDBAnnotations.parse(
        FileBytes.read(path: String(annotationPath)), path: String(annotationPath), sampleRateHz: header.sampleRateHz)
    }
    return Recording(
      name: String(FilePath.name(String(FilePath.withoutExtension(headerPath)))), path: headerPath,
      sampleRateHz: header.sampleRateHz, channels: channels(header), samples: signals, annotations: annotations)
  }

  private static func channels(_ header: WFDBHeader) -> [Recording.Channel] {
    header.signals.enumerated().map { index, signal in
      let name = signal.description.isEmpty ? String(index) : signal.description
      return Recording.Channel(name: name, units: signal.units)
    }
  }
}
