/// Reads the samples of a WFDB record from its signal files.
enum WFDBSignals {
  /// The samples `[frames, signals]` in physical units, missing ones NaN.
  ///
  /// - Throws: `FileError` where a file is missing, its length disagrees with the header or with the other files, or its
  ///   samples don't add up to the header's checksum.
  static func read(_ header: WFDBHeader, headerPath: String) throws(FileError) -> [Float] {
    let groups = try groups(of: header, headerPath: headerPath)
    var files: [[UInt8]] = []
    for group in groups { files.append(try FileBytes.read(path: group.path)) }
    var frames = header.frameCount
    for (group, file) in zip(groups, files) {
      let held = try group.frames(in: file, expected: frames, isStated: header.frameCount != nil)
      frames = frames ?? held
    }
    guard let frames, frames > 0 else {
      throw FileError(path: headerPath, message: "the record holds no samples: check that its signal file is complete")
    }
    // Can't exceed the range: every group's file holds its part of these samples, in a byte each at the least.
    var samples = [Float](repeating: .nan, count: frames * header.signals.count)
    for (group, file) in zip(groups, files) {
      try group.decode(file, frames: frames, hasChecksums: header.frameCount != nil, into: &samples)
    }
    return samples
  }

  private static func groups(of header: WFDBHeader, headerPath: String) throws(FileError) -> [WFDBSignalGroup] {
    var groups: [WFDBSignalGroup] = []
    var seen: Set<String> = []
    for (index, signal) in header.signals.enumerated() {
      if var group = groups.last, group.signals[0].fileName == signal.fileName {
        guard group.signals[0].format == signal.format, group.signals[0].byteOffset == signal.byteOffset else {
          throw FileError(
            path: headerPath,
            message: "the signals of '\(signal.fileName)' differ in format or byte offset: "
              + "those of one file have to be stored alike, check the header")
        }
        group.signals.append(signal)
        groups[groups.count - 1] = group
        continue
      }
      guard seen.insert(signal.fileName).inserted else {
        throw FileError(
          path: headerPath,
          message: "the signals of '\(signal.fileName)' don't follow each other: check the order of the signal lines")
      }
      let path = FilePath.folder(headerPath) + signal.fileName
      groups.append(
        WFDBSignalGroup(
          path: String(path), firstColumn: index, columns: header.signals.count, signals: [signal]))
    }
    return groups
  }
}

/// The signals of one file, whose samples alternate in it.
struct WFDBSignalGroup {
  var path: String
  /// The column of the record's samples that the first signal fills.
  var firstColumn: Int
  /// Signals of the whole record.
  var columns: Int
  /// At least one, all of the same file, format and offset.
  var signals: [WFDBHeader.Signal]

  private var format: WFDBSignalFormat { signals[0].format }
  private var byteOffset: Int { signals[0].byteOffset }

  /// The frames that `file` holds.
  ///
  /// - Parameters:
  ///   - expected: the frames it should hold, where known.
  ///   - isStated: whether the header says so, or another signal file.
  /// - Throws: `FileError` where it holds fewer or more.
  func frames(in file: [UInt8], expected: Int?, isStated: Bool) throws(FileError) -> Int {
    guard byteOffset <= file.count else {
      throw FileError(
        path: path,
        message: "holds \(file.count) bytes, but its samples should begin behind byte \(byteOffset): "
          + "the file is incomplete, get it again")
    }
    let bytes = file.count - byteOffset
    let held = format.sampleCount(bytes: bytes) / signals.count
    guard let expected, !agrees(bytes: bytes, held: held, expected: expected) else { return held }
    let authority = isStated ? "the header says" : "the record's first signal file holds"
    throw FileError(
      path: path,
      message: "holds \(held) samples a signal, but \(authority) \(expected): the file is incomplete, "
        + "damaged or of another record, get both again")
  }

  // Bytes behind the last sample may be padding, to whole pairs in format 212, and less than one frame at the most.
  private func agrees(bytes: Int, held: Int, expected: Int) -> Bool {
    if held == expected { return true }
    guard format == .format212, let samples = checkedProduct(expected, signals.count), samples % 2 == 1 else {
      return false
    }
    return held > expected && samples < .max && format.byteCount(samples: samples + 1) == bytes
  }

  /// Writes the group's columns of `samples`, `[frames, columns]`.
  ///
  /// - Precondition: `frames` were checked with `frames(in:expected:isStated:)`.
  /// - Throws: `FileError` where the samples don't add up to a signal's checksum.
  func decode(
    _ file: [UInt8], frames: Int, hasChecksums: Bool, into samples: inout [Float]
  ) throws(FileError) {
    let stored = format.decode(file[byteOffset...], count: frames * signals.count)
    for (index, signal) in signals.enumerated() {
      if hasChecksums, let checksum = signal.checksum {
        try check(checksum, of: stored, signal: index)
      }
      let available = max(0, frames - min(signal.skewFrames, frames))
      let gain = signal.gain
      let baseline = Double(signal.baseline)
      let missing = format.missing
      for frame in 0..<available {
        let value = stored[(frame + signal.skewFrames) * signals.count + index]
        guard value != missing else { continue }
        samples[frame * columns + firstColumn + index] = Float((Double(value) - baseline) / gain)
      }
    }
  }

  private func check(_ checksum: Int, of stored: [Int32], signal index: Int) throws(FileError) {
    var sum: UInt16 = 0
    for position in stride(from: index, to: stored.count, by: signals.count) {
      sum &+= UInt16(truncatingIfNeeded: stored[position])
    }
    guard sum != UInt16(truncatingIfNeeded: checksum) else { return }
    let signal = signals[index]
    let name = signal.description.isEmpty ? "signal \(firstColumn + index)" : "'\(signal.description)'"
    throw FileError(
      path: path,
      message: "the samples of \(name) add up to \(Int16(bitPattern: sum)), but the header's checksum is "
        + "\(Int16(truncatingIfNeeded: checksum)): the file is damaged or of another record, get both again")
  }
}
