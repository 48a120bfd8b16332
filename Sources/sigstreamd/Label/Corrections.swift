import StreamIO

/// What a person says of recordings: intervals out of a table, or the annotations of a WFDB record.
struct Corrections: Sendable {
  /// By the recording's name.
  private(set) var intervals: [String: [(frames: Range<Int>, label: String)]] = [:]
  private(set) var moments: [String: [(frame: Int, label: String)]] = [:]
  /// Labels in all.
  private(set) var count = 0

  /// Adds those of a file: a table with the columns recording, start_sample, end_sample and label, whose rows without a label
  /// don't count, or a WFDB record that has the name of a recording and was made of it.
  ///
  /// - Throws: `FileError` where it is neither, or is about a recording that is not among `headers`.
  mutating func add(path: String, recordings headers: [RecordingHeader]) throws(FileError) {
    if path.hasSuffix(".csv") || path.hasSuffix(".tsv") {
      try addTable(path, headers)
    } else {
      try addAnnotations(path, headers)
    }
  }

  private mutating func addTable(_ path: String, _ headers: [RecordingHeader]) throws(FileError) {
    let table = try IntervalTable(path: path)
    guard table.isInFrames else {
      throw FileError(path: path, message: "tells seconds: give the columns recording, start_sample, end_sample, label")
    }
    for interval in table.intervals where !interval.label.isEmpty {
      guard let name = interval.recording else {
        throw FileError(
          path: path, message: "does not say which recording its rows are about: add a column 'recording'")
      }
      let header = try Self.header(name, headers, path)
      let frames = Self.clamped(Int(interval.start)..<max(Int(interval.start) + 1, Int(interval.end)), header)
      guard !frames.isEmpty else { continue }
      intervals[name, default: []].append((frames, interval.label))
      count += 1
    }
  }

  private mutating func addAnnotations(_ path: String, _ headers: [RecordingHeader]) throws(FileError) {
    let record = try RecordingReader.openSingle(path: path).header
    let header = try Self.header(record.name, headers, path)
    guard record.sampleRateHz == header.sampleRateHz else {
      throw FileError(path: path, message: "has another rate than the recording: convert it anew")
    }
    let shift = try Self.shift(of: record, in: header, path)
    for annotation in record.annotations {
      let isNote = annotation.symbol == "\"" && !annotation.auxiliary.isEmpty
      let label = isNote ? annotation.auxiliary : annotation.symbol
      let first = annotation.sample + shift
      if annotation.durationSamples > 0 {
        let frames = Self.clamped(first..<first + annotation.durationSamples, header)
        if !frames.isEmpty { intervals[header.name, default: []].append((frames, label)) }
      } else {
        moments[header.name, default: []].append((first, label))
      }
      count += 1
    }
  }

  /// Frames from the beginning of the recording to that of `record`, as a part of it may have been converted.
  private static func shift(
    of record: RecordingHeader, in header: RecordingHeader, _ path: String
  ) throws(FileError) -> Int {
    guard let start = record.startMicroseconds, let origin = header.startMicroseconds, let rate = header.sampleRateHz
    else { return 0 }
    let frames = (Double(start - origin) / 1e6 * rate).rounded()
    guard abs(frames) <= Double(header.frameCount) else {
      throw FileError(path: path, message: "does not lie within the recording by its time: convert it anew")
    }
    return Int(frames)
  }

  private static func clamped(_ frames: Range<Int>, _ header: RecordingHeader) -> Range<Int> {
    frames.clamped(to: 0..<header.frameCount)
  }

  private static func header(
    _ name: String, _ headers: [RecordingHeader], _ path: String
  ) throws(FileError) -> RecordingHeader {
    if let header = headers.first(where: { $0.name == name }) { return header }
    throw FileError(
      path: path,
      message: "is about the recording '\(name)', which is not in the folder: its recordings are such as "
        + "'\(headers.first?.name ?? "")'")
  }
}
