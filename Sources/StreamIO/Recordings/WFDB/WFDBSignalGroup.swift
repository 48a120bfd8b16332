/// The signals of one file, whose samples alternate in it.
struct WFDBSignalGroup {
  /// Stored samples from some frame on, frame after frame.
  struct Block {
    var samples: [Int32]
  }

  let path: String
  /// The column of the record's samples that the first signal fills.
  let firstColumn: Int
  /// Signals of the whole record.
  let columns: Int
  /// At least one, all of the same file, format and offset.
  let signals: [WFDBHeader.Signal]

  private let file: FileReader
  // Samples of a frame, and where in it each signal's begin.
  private let frameSamples: Int
  private let offsets: [Int]
  // Of a format that can only be decoded from the start: all of it.
  private let differences: [Int32]?

  init(path: String, firstColumn: Int, columns: Int, signals: [WFDBHeader.Signal]) throws(FileError) {
    (self.path, self.firstColumn, self.columns, self.signals) = (path, firstColumn, columns, signals)
    file = try FileReader(path: path)
    var offsets: [Int] = []
    var total = 0
    for signal in signals {
      offsets.append(total)
      total += signal.samplesPerFrame
    }
    (self.offsets, frameSamples) = (offsets, total)
    guard signals[0].format == .format8, signals[0].byteOffset <= file.size else {
      differences = nil
      return
    }
    let bytes = try file.wholeBytes(signals[0].byteOffset..<file.size)
    differences = Self.summed(bytes, signals: signals, frameSamples: total)
  }

  private var format: WFDBSignalFormat { signals[0].format }
  private var byteOffset: Int { signals[0].byteOffset }

  /// The frames that the file holds.
  ///
  /// - Parameters:
  ///   - expected: the frames it should hold, where known.
  ///   - isStated: whether the header says so, or another signal file.
  /// - Throws: `FileError` where it holds fewer or more.
  func frames(expected: Int?, isStated: Bool) throws(FileError) -> Int {
    guard byteOffset <= file.size else {
      throw FileError(
        path: path,
        message: "holds \(file.size) bytes, but its samples should begin behind byte \(byteOffset): "
          + "the file is incomplete, get it again")
    }
    let bytes = file.size - byteOffset
    let held = format.sampleCount(bytes: bytes) / frameSamples
    guard let expected, !agrees(bytes: bytes, held: held, expected: expected) else { return held }
    let authority = isStated ? "the header says" : "the record's first signal file holds"
    throw FileError(
      path: path,
      message: "holds \(held) samples a signal, but \(authority) \(expected): the file is incomplete, "
        + "damaged or of another record, get both again")
  }

  // Bytes behind the last sample may be padding, to whole blocks of two or three samples, and less than one block.
  private func agrees(bytes: Int, held: Int, expected: Int) -> Bool {
    if held == expected { return true }
    guard format.blockSamples > 1, held > expected, let samples = checkedProduct(expected, frameSamples),
      samples < .max - format.blockSamples
    else { return false }
    let padded = (samples + format.blockSamples - 1) / format.blockSamples * format.blockSamples
    return padded != samples && format.byteCount(samples: padded) == bytes
  }

  /// The stored samples of `frames`, and as many frames more as the largest skew needs, where the file has them.
  func block(frames: Range<Int>, of frameCount: Int) throws(FileError) -> Block {
    let skew = min(signals.map(\.skewFrames).max() ?? 0, frameCount - frames.upperBound)
    let first = frames.lowerBound * frameSamples
    let count = (frames.count + max(0, skew)) * frameSamples
    if let differences { return Block(samples: Array(differences[first..<first + count])) }
    let blockStart = first / format.blockSamples * format.blockSamples
    guard let start = format.byteCount(samples: blockStart), let end = format.byteCount(samples: first + count) else {
      preconditionFailure("the file was found to hold these samples")
    }
    let bytes = try file.wholeBytes(byteOffset + start..<byteOffset + end)
    return Block(samples: format.decode(bytes[...], from: first - blockStart, count: count))
  }

  /// The sum of a signal's stored samples in the first `frames` of `block`.
  func sum(of block: Block, signal: Int, frames: Int) -> UInt16 {
    var sum: UInt16 = 0
    for frame in 0..<frames {
      let start = frame * frameSamples + offsets[signal]
      for sample in block.samples[start..<start + signals[signal].samplesPerFrame] {
        sum &+= UInt16(truncatingIfNeeded: sample)
      }
    }
    return sum
  }

  /// Fills the group's columns of `samples`, `[frames, columns]`, from a block that begins with the record's frame that
  /// holds the first of `frames`.
  func fill(_ samples: inout [Float], frames: Range<Int>, samplesPerFrame: Int, from block: Block) {
    let blockStart = frames.lowerBound / samplesPerFrame * samplesPerFrame
    for (index, signal) in signals.enumerated() {
      let (gain, baseline, missing) = (signal.gain, Double(signal.baseline), format.missing)
      // Frames of the file further on; beyond the block there are none.
      let skew = min(signal.skewFrames, block.samples.count)
      for (row, frame) in frames.enumerated() {
        let (fileFrame, part) = (frame - blockStart).quotientAndRemainder(dividingBy: samplesPerFrame)
        let position =
          (fileFrame + skew) * frameSamples + offsets[index] + part * signal.samplesPerFrame / samplesPerFrame
        guard position < block.samples.count else { break }
        let value = block.samples[position]
        guard value != missing else { continue }
        samples[row * columns + firstColumn + index] = Float((Double(value) - baseline) / gain)
      }
    }
  }

  /// Samples of format 8, whose bytes are differences from one sample of a signal to its next.
  private static func summed(_ bytes: [UInt8], signals: [WFDBHeader.Signal], frameSamples: Int) -> [Int32] {
    var samples: [Int32] = []
    samples.reserveCapacity(bytes.count)
    var current = signals.map { Int32(truncatingIfNeeded: $0.initialValue ?? $0.zero) }
    let owners = signals.enumerated().flatMap { Array(repeating: $0, count: $1.samplesPerFrame) }
    for (position, byte) in bytes.enumerated() {
      let owner = owners[position % frameSamples]
      current[owner] &+= Int32(Int8(bitPattern: byte))
      samples.append(current[owner])
    }
    return samples
  }
}
