/// A nanopore read as SLOW5 files have it, its signal in numbers of the converter.
///
/// Source: Gamaarachchi et al., Fast nanopore sequencing data analysis with SLOW5, Nature Biotechnology 40 (2022), and the
/// format's specification 1.0.
struct NanoporeRead {
  var id: String
  /// Levels of the converter.
  var digitisation: Double
  /// What is added to the converter's numbers.
  var offset: Double
  /// Picoampere, over all levels.
  var range: Double
  var sampleRateHz: Double
  var signal: [Int16]

  /// The read as a recording of one channel: the current in picoampere, (signal + offset) · range / digitisation.
  ///
  /// - Parameter path: the file that it is of.
  /// - Throws: `FileError` where the numbers give no current, or there are no samples.
  func recording(path: String) throws(FileError) -> Recording {
    guard [digitisation, offset, range, sampleRateHz].allSatisfy(\.isFinite), digitisation != 0, sampleRateHz > 0 else {
      throw Self.damaged(id, "has no digitisation, offset, range or sampling_rate", path)
    }
    guard !signal.isEmpty else { throw Self.damaged(id, "has no samples", path) }
    return Recording(
      name: id, path: path, sampleRateHz: sampleRateHz,
      channels: [RecordingHeader.Channel(name: "current", units: "pA")],
      samples: signal.map { Float((Double($0) + offset) * range / digitisation) })
  }

  /// What is wrong with the read `id`.
  static func damaged(_ id: some StringProtocol, _ message: String, _ path: String) -> FileError {
    FileError(path: path, message: "the read '\(id)' \(message): the file is damaged, get it again")
  }
}
