/// Conditions one stream block by block. Nothing is allocated once it is made, but where samples are masked.
///
/// A masked frame is 0 in the output; filters begin anew behind it, and each frame of the output that the resampler makes out
/// of it is masked too.
struct StreamConditioner: Sendable {
  /// Frames of the largest block.
  let largestBlock: Int
  /// `[n, channels]`, of which the first `outputFrames` frames are what the last block completed.
  private(set) var output: [Float]
  private(set) var outputFrames = 0
  /// Frames of the output, in ascending order, that are masked.
  private(set) var maskedOutput: [Int] = []
  /// Input frames by which the output comes late.
  let delayFrames: Int

  private let channels: Int
  private var filters: FilterBank
  private var resampler: Resampler?
  // [largestBlock, channels]: the block at hand, filtered.
  private var block: [Float]
  private var blockFrames = 0
  private var maskedBlock: [Int] = []

  init(_ conditioning: SignalConditioning, channels: Int) {
    let ratio = conditioning.ratio
    largestBlock = ratio.up > ratio.down ? max(1, Self.frames * ratio.down / ratio.up) : Self.frames
    delayFrames = conditioning.kernel?.halfWidth ?? 0
    self.channels = channels
    filters = FilterBank(conditioning.sections, channels: channels, largestBlock: largestBlock)
    block = [Float](repeating: 0, count: largestBlock * channels)
    let (largest, count) = (largestBlock, channels)
    resampler = conditioning.kernel.map { Resampler($0, channels: count, largestBlock: largest) }
    output = [Float](repeating: 0, count: (resampler?.largestOutput(of: largest) ?? largest) * count)
  }

  // Few, for there may be thousands of streams.
  private static let frames = 256

  /// Begins anew, as after a gap.
  mutating func restart() {
    filters.restart()
    resampler?.restart()
  }

  /// Takes the next frames.
  ///
  /// - Parameters:
  ///   - frames: `[n, channels]`, n at most `largestBlock`.
  ///   - maskedFrames: those of 0..<n, in ascending order, whose samples are not real.
  mutating func append(_ frames: Span<Float>, maskedFrames: [Int]) {
    blockFrames = frames.count / channels
    maskedBlock = maskedFrames
    frames.withUnsafeBufferPointer { source in
      block.withUnsafeMutableBufferPointer { block in
        guard let from = source.baseAddress, let to = block.baseAddress else { return }
        to.update(from: from, count: source.count)
      }
    }
    filter()
    resample()
  }

  /// Takes the last frame so many times more, past the filters.
  mutating func repeatLast(_ count: Int) {
    let last = Array(block[(blockFrames - 1) * channels..<blockFrames * channels])
    for frame in 0..<count { block.replaceSubrange(frame * channels..<(frame + 1) * channels, with: last) }
    (blockFrames, maskedBlock) = (count, [])
    resample()
  }

  /// Each stretch between two masked frames.
  private mutating func filter() {
    block.withUnsafeMutableBufferPointer { block in
      var start = 0
      for frame in maskedBlock {
        filters.filter(UnsafeMutableBufferPointer(rebasing: block[start * channels..<frame * channels]))
        filters.restart()
        for channel in 0..<channels { block[frame * channels + channel] = 0 }
        start = frame + 1
      }
      filters.filter(UnsafeMutableBufferPointer(rebasing: block[start * channels..<blockFrames * channels]))
    }
  }

  private mutating func resample() {
    guard resampler != nil else {
      swap(&block, &output)
      (outputFrames, maskedOutput) = (blockFrames, maskedBlock)
      return
    }
    block.withUnsafeBufferPointer { block in
      output.withUnsafeMutableBufferPointer { output in
        outputFrames =
          resampler?.resample(
            UnsafeBufferPointer(rebasing: block[..<(blockFrames * channels)]), maskedFrames: maskedBlock, into: output,
            masked: &maskedOutput) ?? 0
      }
    }
  }
}
