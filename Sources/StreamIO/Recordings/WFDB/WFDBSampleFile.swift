/// A WFDB signal file that is open: its samples as stored, frame after frame, and within a frame signal after signal.
protocol WFDBSampleFile {
  /// Samples of all signals together that the file holds.
  var sampleCount: Int { get }

  /// Whether what is behind the first `count` samples, fewer than all, is no samples but filling.
  func isFilling(behind count: Int) -> Bool

  /// - Precondition: `range` lies within `0..<sampleCount`.
  /// - Throws: `FileError` where the file is damaged there, or can't be read.
  func samples(_ range: Range<Int>) throws(FileError) -> [Int32]
}

extension WFDBSignalFormat {
  /// Opens a signal file of this format.
  ///
  /// - Parameter signals: those in the file, at least one, all of the same format and offset.
  /// - Throws: `FileError` where the file can't be opened or does not agree with the header, or this build has no reader of
  ///   the format.
  static func open(_ path: String, signals: [WFDBHeader.Signal]) throws(FileError) -> any WFDBSampleFile {
    switch signals[0].format {
    case .format8: try WFDBDifferenceFile(path: path, signals: signals)
    case .format508, .format516, .format524: try OptionalFormats.wfdbFLAC(path: path, signals: signals)
    default: try WFDBPackedFile(path: path, signals: signals)
    }
  }
}

/// Samples that have a fixed number of bytes, or are packed in blocks of two or three.
struct WFDBPackedFile: WFDBSampleFile {
  let sampleCount: Int
  private let format: WFDBSignalFormat
  private let file: FileReader
  private let start: Int

  init(path: String, signals: [WFDBHeader.Signal]) throws(FileError) {
    (file, start, format) = (try FileReader(path: path), signals[0].byteOffset, signals[0].format)
    sampleCount = format.sampleCount(bytes: try file.bytes(behind: start))
  }

  /// Bytes behind the last sample may fill a whole block of two or three samples, and are less than one.
  func isFilling(behind count: Int) -> Bool {
    let block = format.blockSamples
    guard block > 1, count < .max - block else { return false }
    let filled = (count + block - 1) / block * block
    return filled != count && format.byteCount(samples: filled) == file.size - start
  }

  func samples(_ range: Range<Int>) throws(FileError) -> [Int32] {
    let blockStart = range.lowerBound / format.blockSamples * format.blockSamples
    guard let first = format.byteCount(samples: blockStart), let end = format.byteCount(samples: range.upperBound)
    else {
      preconditionFailure("the file was found to hold these samples")
    }
    let bytes = try file.wholeBytes(start + first..<start + end)
    return format.decode(bytes[...], from: range.lowerBound - blockStart, count: range.count)
  }
}

/// Format 8, whose bytes are differences from one sample of a signal to its next: can only be decoded from the start, so all
/// of it is in memory.
struct WFDBDifferenceFile: WFDBSampleFile {
  private let samples: [Int32]

  init(path: String, signals: [WFDBHeader.Signal]) throws(FileError) {
    let (file, start) = (try FileReader(path: path), signals[0].byteOffset)
    let bytes = try file.wholeBytes(start..<start + file.bytes(behind: start))
    var current = signals.map { Int32(truncatingIfNeeded: $0.initialValue ?? $0.zero) }
    let owners = signals.enumerated().flatMap { Array(repeating: $0, count: $1.samplesPerFrame) }
    var samples: [Int32] = []
    samples.reserveCapacity(bytes.count)
    for (position, byte) in bytes.enumerated() {
      let owner = owners[position % owners.count]
      current[owner] &+= Int32(Int8(bitPattern: byte))
      samples.append(current[owner])
    }
    self.samples = samples
  }

  var sampleCount: Int { samples.count }

  func isFilling(behind count: Int) -> Bool { false }

  func samples(_ range: Range<Int>) -> [Int32] { Array(samples[range]) }
}

extension FileReader {
  /// How many bytes are behind a signal file's first `offset`.
  ///
  /// - Throws: `FileError` where the file is shorter.
  fileprivate func bytes(behind offset: Int) throws(FileError) -> Int {
    guard offset <= size else {
      throw FileError(
        path: path,
        message: "holds \(size) bytes, but its samples should begin behind byte \(offset): "
          + "the file is incomplete, get it again")
    }
    return size - offset
  }
}
