/// Writes recordings, a part at a time, in the formats that other programs read.
package enum RecordingWriter {
  /// The formats, by what the output's name ends in.
  package enum Format: String, CaseIterable, Sendable {
    case wfdb = ".hea"
    case array = ".npy"
    case table = ".csv"
    case edf = ".edf"
    case wav = ".wav"
    /// A folder, to which the recording is added.
    case segments = "/"

    /// The format of the output at `path`; nil where its name says none. A folder that is there needs no slash.
    package init?(path: String) {
      let path = FileBytes.isFolder(path: path) ? "\(path)/" : path.lowercased()
      guard let format = Self.allCases.first(where: { path.hasSuffix($0.rawValue) }) else { return nil }
      self = format
    }

    /// The files of a recording that is written to `path`.
    package func files(path: String) -> [String] {
      guard self == .wfdb else { return [path] }
      let beside = WFDBWriter.filesBeside(headerPath: path)
      return [path, beside.data, beside.annotations]
    }
  }

  /// Frames that are in memory at a time.
  static let blockFrames = 1 << 16

  /// Writes `frames` of `source` to `path`; returns the path by which what was written is read.
  ///
  /// WFDB and EDF have their annotations in the format; the others get a table of them beside the recording,
  /// `NAME.labels.csv`, where there are any.
  ///
  /// - Parameter columns: the channels, in the order to write them.
  /// - Throws: `FileError` where reading or writing fails, or the format can't hold such a recording.
  package static func write(
    _ source: inout any RecordingSource, columns: [Int], frames: Range<Int>, to path: String, as format: Format
  ) throws(FileError) -> String {
    guard !frames.isEmpty else {
      throw FileError(path: source.header.path, message: "no samples there: give a part that the recording has")
    }
    var part = RecordingPart(source: source, columns: columns, frames: frames)
    var written = path
    switch format {
    case .wfdb: try WFDBWriter.write(&part, headerPath: path)
    case .edf: try EDFWriter.write(&part, path: path)
    case .array: try NumPyWriter.write(&part, path: path)
    case .table: try TableWriter.write(&part, path: path)
    case .wav: try WAVWriter.write(&part, path: path)
    case .segments:
      let folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
      written = "\(folder)/\(try SegmentsWriter.write(&part, folder: folder))"
    }
    source = part.source
    if format != .wfdb, format != .edf, !part.header.annotations.isEmpty {
      try LabelTableWriter.write(
        part.header.annotations.withLastingRhythms(until: part.header.frameCount),
        path: "\(FilePath.withoutExtension(written)).labels.csv")
    }
    return written
  }
}

/// Some channels of a part of a recording: a recording of its own.
struct RecordingPart {
  /// Of the part: its frames, channels, start and annotations.
  private(set) var header: RecordingHeader
  /// As reading has left it.
  private(set) var source: any RecordingSource
  private let columns: [Int]
  private let frames: Range<Int>

  init(source: any RecordingSource, columns: [Int], frames: Range<Int>) {
    (self.source, self.columns, self.frames) = (source, columns, frames)
    header = source.header
    header.channels = columns.map { source.header.channels[$0] }
    header.frameCount = frames.count
    header.annotations = source.header.annotations.holding(in: frames)
    if let start = header.startMicroseconds, let rate = header.sampleRateHz {
      header.startMicroseconds = start + Int((Double(frames.lowerBound) / rate * 1e6).rounded())
    }
  }

  /// Hands out the samples `[n, channels]` in order, some frames at a time.
  mutating func forEachBlock(
    of count: Int = RecordingWriter.blockFrames, _ body: ([Float]) throws(FileError) -> Void
  ) throws(FileError) {
    for start in stride(from: frames.lowerBound, to: frames.upperBound, by: count) {
      let block = try source.read(frames: start..<min(start + count, frames.upperBound))
      let channels = source.header.channels.count
      try body(columns == Array(0..<channels) ? block : block.gathering(columns, of: channels))
    }
  }

  /// The lowest and highest sample of each channel; 0 and 0 where all are missing.
  mutating func limits() throws(FileError) -> [ClosedRange<Float>] {
    var low = [Float](repeating: .infinity, count: columns.count)
    var high = [Float](repeating: -.infinity, count: columns.count)
    try forEachBlock { block in
      for (index, value) in block.enumerated() where value.isFinite {
        low[index % low.count] = min(low[index % low.count], value)
        high[index % high.count] = max(high[index % high.count], value)
      }
    }
    return zip(low, high).map { $0 <= $1 ? $0...$1 : 0...0 }
  }
}

extension [Annotation] {
  /// Those that hold in `frames`, which count from the first of these and last to the last: those that begin there, those
  /// that last into them, and the rhythm that holds at their start.
  fileprivate func holding(in frames: Range<Int>) -> [Annotation] {
    let rhythm = lastIndex { $0.isRhythm && $0.sample <= frames.lowerBound }
    var holding: [Annotation] = []
    for (index, annotation) in enumerated() {
      let end = annotation.sample + annotation.durationSamples
      let lastsInto = annotation.sample < frames.lowerBound && end > frames.lowerBound
      guard frames.contains(annotation.sample) || lastsInto || index == rhythm else { continue }
      var moved = annotation
      moved.sample = Swift.max(annotation.sample, frames.lowerBound) - frames.lowerBound
      moved.durationSamples = Swift.max(0, Swift.min(end - frames.lowerBound, frames.count) - moved.sample)
      holding.append(moved)
    }
    return holding
  }
}
