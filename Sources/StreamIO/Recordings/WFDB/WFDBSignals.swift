/// A WFDB record of one segment that is open: its samples, from its signal files.
///
/// A signal with fewer samples a frame than the fastest one holds each of its samples until the next. The sums of samples
/// are compared with the header's checksums when all were read in order; where they differ, `header.damage` tells.
struct WFDBSignals: RecordingSource {
  private(set) var header: RecordingHeader
  private let groups: [WFDBSignalGroup]
  // Of the fastest signal.
  private let samplesPerFrame: Int
  private let frameCount: Int
  private var checksums: WFDBChecksums?

  /// - Throws: `FileError` where a file is missing, or its length disagrees with the header or with the other files.
  init(_ wfdb: WFDBHeader, headerPath: String) throws(FileError) {
    groups = try Self.groups(of: wfdb, headerPath: headerPath)
    var frames = wfdb.frameCount
    for group in groups {
      let held = try group.frames(expected: frames, isStated: wfdb.frameCount != nil)
      frames = frames ?? held
    }
    guard let frames, frames > 0, checkedProduct(frames, wfdb.samplesPerFrame) != nil, !groups.isEmpty else {
      throw FileError(path: headerPath, message: "the record holds no samples: check that its signal file is complete")
    }
    frameCount = frames
    samplesPerFrame = wfdb.samplesPerFrame
    header = try WFDBRecord.recordingHeader(wfdb, layout: wfdb, headerPath: headerPath, frames: frames)
    checksums = wfdb.frameCount == nil ? nil : WFDBChecksums(signals: wfdb.signals.count)
  }

  mutating func read(frames: Range<Int>) throws(FileError) -> [Float] {
    guard !frames.isEmpty else { return [] }
    let stored = frames.lowerBound / samplesPerFrame..<(frames.upperBound - 1) / samplesPerFrame + 1
    var samples = [Float](repeating: .nan, count: frames.count * header.channels.count)
    for group in groups {
      let block = try group.block(frames: stored, of: frameCount)
      checksums?.add(block, frames: stored, group: group)
      group.fill(&samples, frames: frames, samplesPerFrame: samplesPerFrame, from: block)
    }
    if stored.upperBound == frameCount, let checksums {
      for group in groups where header.damage == nil {
        header.damage = checksums.mismatch(in: group, frames: frameCount)
      }
    }
    return samples
  }

  private static func groups(of header: WFDBHeader, headerPath: String) throws(FileError) -> [WFDBSignalGroup] {
    var runs: [(first: Int, signals: [WFDBHeader.Signal])] = []
    var seen: Set<String> = []
    for (index, signal) in header.signals.enumerated() {
      if let last = runs.last, last.signals[0].fileName == signal.fileName {
        guard last.signals[0].format == signal.format, last.signals[0].byteOffset == signal.byteOffset else {
          throw FileError(
            path: headerPath,
            message: "the signals of '\(signal.fileName)' differ in format or byte offset: "
              + "those of one file have to be stored alike, check the header")
        }
        runs[runs.count - 1].signals.append(signal)
        continue
      }
      guard seen.insert(signal.fileName).inserted else {
        throw FileError(
          path: headerPath,
          message: "the signals of '\(signal.fileName)' don't follow each other: check the order of the signal lines")
      }
      runs.append((index, [signal]))
    }
    var groups: [WFDBSignalGroup] = []
    for run in runs where run.signals[0].format != .null {
      let path = FilePath.folder(headerPath) + run.signals[0].fileName
      groups.append(
        try WFDBSignalGroup(
          path: String(path), firstColumn: run.first, columns: header.signals.count, signals: run.signals))
    }
    return groups
  }
}

/// The sums of the samples read so far, as long as they are read in order from the start.
private struct WFDBChecksums {
  private var sums: [UInt16]
  private var next: [Int]

  init(signals: Int) {
    sums = Array(repeating: 0, count: signals)
    next = Array(repeating: 0, count: signals)
  }

  mutating func add(_ block: WFDBSignalGroup.Block, frames: Range<Int>, group: WFDBSignalGroup) {
    for index in group.signals.indices {
      let column = group.firstColumn + index
      if frames.lowerBound == 0 { (sums[column], next[column]) = (0, 0) }
      guard next[column] == frames.lowerBound else { continue }
      sums[column] &+= group.sum(of: block, signal: index, frames: frames.count)
      next[column] = frames.upperBound
    }
  }

  /// The first signal whose samples don't add up; nil: there is none. A checksum of 0 is what writers put that take none.
  func mismatch(in group: WFDBSignalGroup, frames: Int) -> FileError? {
    for (index, signal) in group.signals.enumerated() {
      let sum = sums[group.firstColumn + index]
      guard let checksum = signal.checksum, checksum != 0, next[group.firstColumn + index] == frames,
        sum != UInt16(truncatingIfNeeded: checksum)
      else { continue }
      let name = signal.description.isEmpty ? "signal \(group.firstColumn + index)" : "'\(signal.description)'"
      return FileError(
        path: group.path,
        message: "the samples of \(name) add up to \(Int16(bitPattern: sum)), but the header's checksum is "
          + "\(Int16(truncatingIfNeeded: checksum)): the file may be damaged or of another record, get both again")
    }
    return nil
  }
}
