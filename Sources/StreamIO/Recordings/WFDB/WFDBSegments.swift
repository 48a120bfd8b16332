/// A WFDB record of several segments: single-segment records, one after the other. Between them may be gaps (`~`), which are
/// missing samples, and so is a signal that a segment lacks.
///
/// Where the first segment has a length of 0 it is the layout: the signals that there are. Otherwise all segments have those
/// of the first one.
struct WFDBSegments: RecordingSource {
  private struct Segment {
    /// In frames of the recording.
    var frames: Range<Int>
    var source: WFDBSignals
    /// The column of the recording that each of its signals fills.
    var columns: [Int]
  }

  private(set) var header: RecordingHeader
  private var segments: [Segment]

  init(_ wfdb: WFDBHeader, headerPath: String) throws(FileError) {
    func error(_ message: String) -> FileError { FileError(path: headerPath, message: message) }
    func segmentPath(_ name: String) -> String { "\(FilePath.folder(headerPath))\(name).hea" }
    func segmentHeader(_ name: String) throws(FileError) -> WFDBHeader {
      let path = segmentPath(name)
      let header = try WFDBHeader.parse(FileBytes.read(path: path), path: path)
      guard header.segments.isEmpty else {
        throw FileError(path: path, message: "a record of segments can't be a segment: name it alone")
      }
      return header
    }
    guard let first = wfdb.segments.first(where: { $0.name != "~" }) else { throw error("holds nothing but gaps") }
    let layout = try segmentHeader(first.name)
    let perFrame = layout.samplesPerFrame
    let isVariable = wfdb.segments[0].frames == 0
    var frames = 0
    var segments: [Segment] = []
    for segment in wfdb.segments where segment.frames > 0 {
      guard let end = checkedProduct(frames + segment.frames, perFrame), end < 1 << 53 else {
        throw error("its segments are longer than all files")
      }
      if segment.name != "~" {
        let path = segmentPath(segment.name)
        let own = try segmentHeader(segment.name)
        guard own.samplesPerFrame == perFrame else {
          throw FileError(path: path, message: "a segment of another rate: name it alone")
        }
        let source = try WFDBSignals(own, headerPath: path)
        guard source.header.frameCount == segment.frames * perFrame else {
          throw FileError(
            path: path,
            message: "holds \(source.header.frameCount / perFrame) samples a signal, but the record's header says "
              + "\(segment.frames): get both again")
        }
        segments.append(
          Segment(
            frames: frames * perFrame..<end, source: source,
            columns: try Self.columns(of: source.header, in: layout, isVariable: isVariable)))
      }
      frames += segment.frames
    }
    guard wfdb.frameCount ?? frames == frames, frames > 0 else {
      throw error("the segments add up to \(frames) samples a signal, but the record line says \(wfdb.frameCount ?? 0)")
    }
    self.segments = segments
    header = try WFDBRecord.recordingHeader(wfdb, layout: layout, headerPath: headerPath, frames: frames)
  }

  mutating func read(frames: Range<Int>) throws(FileError) -> [Float] {
    let count = header.channels.count
    var samples = [Float](repeating: .nan, count: frames.count * count)
    for index in segments.indices {
      let part = segments[index].frames.clamped(to: frames)
      guard !part.isEmpty else { continue }
      let start = segments[index].frames.lowerBound
      let own = try segments[index].source.read(frames: part.lowerBound - start..<part.upperBound - start)
      header.damage = header.damage ?? segments[index].source.header.damage
      let columns = segments[index].columns
      for row in 0..<part.count {
        let target = (part.lowerBound - frames.lowerBound + row) * count
        for (channel, column) in columns.enumerated() { samples[target + column] = own[row * columns.count + channel] }
      }
    }
    return samples
  }

  private static func columns(
    of segment: RecordingHeader, in layout: WFDBHeader, isVariable: Bool
  ) throws(FileError) -> [Int] {
    guard isVariable else {
      guard segment.channels.count == layout.signals.count else {
        throw FileError(path: segment.path, message: "has other signals than the record's first segment: get it again")
      }
      return Array(segment.channels.indices)
    }
    var columns: [Int] = []
    for channel in segment.channels {
      guard let column = layout.signals.firstIndex(where: { $0.description == channel.name }),
        !columns.contains(column)
      else {
        throw FileError(path: segment.path, message: "has a signal '\(channel.name)' that the record's layout lacks")
      }
      columns.append(column)
    }
    return columns
  }
}
