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

  private let file: any WFDBSampleFile
  // Samples of a frame, and where in it each signal's begin.
  private let frameSamples: Int
  private let offsets: [Int]

  init(path: String, firstColumn: Int, columns: Int, signals: [WFDBHeader.Signal]) throws(FileError) {
    (self.path, self.firstColumn, self.columns, self.signals) = (path, firstColumn, columns, signals)
    file = try WFDBSignalFormat.open(path, signals: signals)
    var offsets: [Int] = []
    var total = 0
    for signal in signals {
      offsets.append(total)
      total += signal.samplesPerFrame
    }
    (self.offsets, frameSamples) = (offsets, total)
  }

  /// The frames that the file holds.
  ///
  /// - Parameters:
  ///   - expected: the frames it should hold, where known.
  ///   - isStated: whether the header says so, or another signal file.
  /// - Throws: `FileError` where it holds fewer or more.
  func frames(expected: Int?, isStated: Bool) throws(FileError) -> Int {
    let held = file.sampleCount / frameSamples
    guard let expected, held != expected, !holdsJust(expected) else { return held }
    let authority = isStated ? "the header says" : "the record's first signal file holds"
    throw FileError(
      path: path,
      message: "holds \(held) samples a signal, but \(authority) \(expected): the file is incomplete, "
        + "damaged or of another record, get both again")
  }

  private func holdsJust(_ frames: Int) -> Bool {
    guard let samples = checkedProduct(frames, frameSamples), samples < file.sampleCount else { return false }
    return file.isFilling(behind: samples)
  }

  /// The stored samples of `frames`, and as many frames more as the largest skew needs, where the file has them.
  func block(frames: Range<Int>, of frameCount: Int) throws(FileError) -> Block {
    let skew = min(signals.map(\.skewFrames).max() ?? 0, frameCount - frames.upperBound)
    let first = frames.lowerBound * frameSamples
    return Block(samples: try file.samples(first..<first + (frames.count + max(0, skew)) * frameSamples))
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
      let (gain, baseline, missing) = (signal.gain, Double(signal.baseline), signal.format.missing)
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
}
