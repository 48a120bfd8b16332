/// Changes the rate of a stream: output frame k of a run is what the band-limited signal was k / (output rate) after the run's
/// first frame. The filter's delay is thus made up for: an output frame comes `halfWidth` input frames late, and is where
/// it belongs. The result doesn't depend, to the bit, on how the samples are cut into blocks.
///
/// Before a run's first frame the signal counts as having been that frame's value. Each output frame that a masked frame has
/// a part in is masked.
struct Resampler: Sendable {
  private let kernel: ResamplingKernel
  private let channels: Int
  private let capacity: Int
  // [channels, capacity], of which the first `held` frames are the newest of the run.
  private var history: [Float]
  private var held = 0
  // Input frames of the run.
  private var received = 0
  // Where the next output frame lies: `phase / up` behind this input frame.
  private var centre = 0
  private var phase = 0
  // Frames of the run that output frames to come are made of.
  private var masked: [Int] = []

  private var ratio: ResamplingRatio { kernel.ratio }
  private var taps: Int { 2 * kernel.halfWidth }

  /// - Parameter largestBlock: frames of the largest block.
  init(_ kernel: ResamplingKernel, channels: Int, largestBlock: Int) {
    (self.kernel, self.channels) = (kernel, channels)
    capacity = 2 * kernel.halfWidth - 1 + largestBlock
    history = [Float](repeating: 0, count: channels * capacity)
  }

  /// Output frames that a block of `count` frames completes, at the most.
  func largestOutput(of count: Int) -> Int { count * ratio.up / ratio.down + 2 }

  /// Begins a new run.
  mutating func restart() {
    (held, received, centre, phase) = (0, 0, 0, 0)
    masked.removeAll(keepingCapacity: true)
  }

  /// Takes the next frames of the run and makes the output frames that they complete.
  ///
  /// - Parameters:
  ///   - frames: `[n, channels]`, n at most the largest block.
  ///   - maskedFrames: those of 0..<n, in ascending order, that are not real.
  ///   - output: `[m, channels]`, m at least `largestOutput(of: n)`: takes the output frames, whose values are finite.
  ///   - maskedOutput: becomes those of them, in ascending order, that are masked.
  /// - Returns: how many they are.
  mutating func resample(
    _ frames: UnsafeBufferPointer<Float>, maskedFrames: [Int], into output: UnsafeMutableBufferPointer<Float>,
    masked maskedOutput: inout [Int]
  ) -> Int {
    let count = frames.count / channels
    if received == 0 && count > 0 { extend(frames) }
    store(frames, count: count)
    let first = received - held
    maskedOutput.removeAll(keepingCapacity: true)
    for frame in maskedFrames { masked.append(received + frame) }
    (received, held) = (received + count, held + count)
    if !masked.isEmpty { findMasked(&maskedOutput) }
    for channel in 0..<channels { convolve(channel, first: first, into: output) }
    let made: Int
    (made, centre, phase) = forEachPlace { _, _, _ in }
    keepNewest()
    return made
  }

  /// Puts a constant before the run.
  private mutating func extend(_ frames: UnsafeBufferPointer<Float>) {
    held = kernel.halfWidth - 1
    for channel in 0..<channels {
      for index in 0..<held { history[channel * capacity + index] = Self.bounded(frames[channel]) }
    }
  }

  private mutating func store(_ frames: UnsafeBufferPointer<Float>, count: Int) {
    history.withUnsafeMutableBufferPointer { history in
      for channel in 0..<channels {
        let start = channel * capacity + held
        for frame in 0..<count { history[start + frame] = Self.bounded(frames[frame * channels + channel]) }
      }
    }
  }

  /// The output frames that are complete, in their order, by what they are made of.
  private func forEachPlace(_ body: (_ output: Int, _ centre: Int, _ phase: Int) -> Void) -> (
    count: Int, centre: Int, phase: Int
  ) {
    let (whole, rest) = (ratio.down / ratio.up, ratio.down % ratio.up)
    var (count, centre, phase) = (0, centre, phase)
    while centre + kernel.halfWidth < received {
      body(count, centre, phase)
      count += 1
      (centre, phase) = (centre + whole, phase + rest)
      if phase >= ratio.up { (centre, phase) = (centre + 1, phase - ratio.up) }
    }
    return (count, centre, phase)
  }

  private mutating func findMasked(_ found: inout [Int]) {
    var passed = 0
    let next = forEachPlace { index, centre, _ in
      while passed < masked.count, masked[passed] <= centre - kernel.halfWidth { passed += 1 }
      if passed < masked.count, masked[passed] <= centre + kernel.halfWidth { found.append(index) }
    }
    masked.removeAll { $0 <= next.centre - kernel.halfWidth }
  }

  private func convolve(_ channel: Int, first: Int, into output: UnsafeMutableBufferPointer<Float>) {
    let (channels, halfWidth, taps) = (channels, kernel.halfWidth, taps)
    history.withUnsafeBufferPointer { history in
      kernel.coefficients.withUnsafeBufferPointer { coefficients in
        guard let samples = history.baseAddress, let rows = coefficients.baseAddress else { return }
        let row = samples + (channel * capacity - first - halfWidth + 1)
        _ = forEachPlace { index, centre, phase in
          output[index * channels + channel] = Self.dot(row + centre, rows + phase * taps, count: taps)
        }
      }
    }
  }

  private mutating func keepNewest() {
    let kept = min(taps - 1, held)
    let gone = held - kept
    held = kept
    guard gone > 0 else { return }
    history.withUnsafeMutableBufferPointer { history in
      guard let base = history.baseAddress else { return }
      for channel in 0..<channels {
        let row = base + channel * capacity
        row.update(from: row + gone, count: kept)
      }
    }
  }

  /// - Parameter count: a multiple of 16.
  @inline(__always)
  private static func dot(_ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int) -> Float {
    let (x, y) = (UnsafeRawPointer(x), UnsafeRawPointer(y))
    var sum = SIMD16<Float>()
    for offset in stride(from: 0, to: count * 4, by: 64) {
      sum +=
        x.loadUnaligned(fromByteOffset: offset, as: SIMD16<Float>.self)
        * y.loadUnaligned(fromByteOffset: offset, as: SIMD16<Float>.self)
    }
    return sum.sum()
  }

  /// Sums of such values stay finite.
  private static func bounded(_ value: Float) -> Float { max(-1e37, min(1e37, value)) }
}
