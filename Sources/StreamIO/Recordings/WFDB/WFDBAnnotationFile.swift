/// An annotation file beside a recording, of an annotator that is named: `a01.apn` of `a01.hea`, or `chb01_03.edf.seizures` of
/// `chb01_03.edf`.
package enum WFDBAnnotationFile {
  /// Where it may be, the likelier place first: by the recording's name, and by its file's.
  package static func paths(annotator: String, ofRecording path: String) -> [String] {
    ["\(FilePath.withoutExtension(path)).\(annotator)", "\(path).\(annotator)"]
  }

  /// The annotations, in time order.
  ///
  /// - Parameters:
  ///   - header: of the recording.
  ///   - sampleRateHz: of the recording, where it says so itself or somebody else does.
  /// - Throws: `FileError` where there is no such file, or it can't be read.
  package static func read(
    annotator: String, of header: RecordingHeader, sampleRateHz: Double?
  ) throws(FileError) -> [Annotation] {
    let paths = paths(annotator: annotator, ofRecording: header.path)
    guard let path = paths.first(where: { FileBytes.exists(path: $0) }) else {
      throw FileError(
        path: header.path,
        message: "has no annotation file '\(FilePath.name(paths[0]))' or '\(FilePath.name(paths[1]))' beside it: "
          + "add it, correct 'annotator', or leave the recording out with 'exclude'")
    }
    guard let sampleRateHz else {
      throw FileError(path: header.path, message: "has no rate to place annotations by: give one with 'sampleRate'")
    }
    return try WFDBAnnotations.parse(
      FileBytes.read(path: path), path: path, frameRateHz: sampleRateHz / Double(header.samplesPerFrame),
      sampleRateHz: sampleRateHz)
  }
}
