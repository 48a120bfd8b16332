/// One stream: where its samples lie, what is missing, and the windows cut from it.
///
/// No window spans a gap. Where samples are missing the next window starts at the first sample after them. Where the
/// stream restarts (its index or message number does not advance) a new epoch begins. Where samples are conditioned, windows are
/// cut from what comes out, and conditioning begins anew with each such run; indices and times stay those of the stream.
package struct StreamWindower: Sendable {
  package let sampleRateHz: Double
  /// Epoch of the samples appended last.
  package private(set) var epoch: Int
  /// Windows formed so far; the next one's sequence number.
  package private(set) var windowsFormed = 0
  /// Frames that the publisher sent, by its own numbering, and that never came.
  package private(set) var missingSamples = 0
  /// How often the stream began anew, in another epoch, because its numbers did not advance.
  package private(set) var restarts = 0

  /// Index in the stream of the frame that follows the last one; nil before there was any.
  package var nextSample: Int? { expectedSample }
  /// Index in the stream of the first frame of the window that comes next.
  package var nextWindowStart: Int { runStart + ratio.nearestInput(ofOutput: window.nextStart) }

  private var window: SlidingWindow
  private var conditioner: StreamConditioner?
  private let ratio: ResamplingRatio
  // Index in the stream of the first frame of the present run.
  private var runStart = 0
  // Frames of the present run.
  private var runFrames = 0
  // What the next message must carry to follow on; nil before there is anything to follow.
  private var expectedSample: Int?
  private var previousMessage: Int?

  /// - Parameters:
  ///   - geometry: how to cut; its channels are the stream's.
  ///   - sampleRateHz: frames a second, above 0.
  ///   - start: where the stream begins, or goes on.
  ///   - conditioning: what is done to the samples before, whose input rate is the stream's.
  package init(
    geometry: WindowGeometry, sampleRateHz: Double, start: StreamStart = StreamStart(),
    conditioning: SignalConditioning? = nil
  ) {
    precondition(sampleRateHz > 0 && sampleRateHz.isFinite, "a stream's sample rate is a positive number")
    self.sampleRateHz = sampleRateHz
    epoch = start.epoch
    windowsFormed = start.sequence
    expectedSample = start.sample
    runStart = start.sample ?? 0
    window = SlidingWindow(geometry)
    conditioner = conditioning.map { StreamConditioner($0, channels: geometry.channels) }
    ratio = conditioning?.ratio ?? .one
  }

  /// Appends one message's samples and hands out the windows that they complete.
  ///
  /// - Parameters:
  ///   - frames: `[n, channels]`, any n; an empty message still moves the position.
  ///   - maskedFrames: frames of the message, in ascending order, with samples that stand in for values not finite.
  ///   - position: where the message lies. Without index and number the samples follow the last ones.
  ///   - emit: called with each window, in order, and its samples `[length, channels]`, which are valid during the call.
  package mutating func append(
    _ frames: Span<Float>, maskedFrames: [Int] = [], at position: BlockPosition,
    emit: (_ window: Window, _ samples: Span<Float>) throws -> Void
  ) rethrows {
    let channels = window.geometry.channels
    let count = frames.count / channels
    locate(position, frames: count)
    let timeBase = RunTimeBase(
      position: position, frames: count, before: runFrames, runStart: runStart, epoch: epoch,
      sampleRateHz: sampleRateHz, ratio: ratio, lengthSamples: window.geometry.lengthSamples)
    runFrames += count
    expectedSample = runStart + runFrames
    var formed = windowsFormed
    defer { windowsFormed = formed }
    guard let largest = conditioner?.largestBlock else {
      return try window.append(frames, maskedFrames: maskedFrames) { start, isMasked, samples in
        formed += 1
        try emit(timeBase.window(start: start, sequence: formed - 1, isMasked: isMasked), samples)
      }
    }
    var masked = maskedFrames[...]
    for start in stride(from: 0, to: count, by: largest) {
      let end = min(start + largest, count)
      let part = masked.prefix { $0 < end }
      masked = masked.dropFirst(part.count)
      conditioner?.append(frames.extracting(start * channels..<end * channels), maskedFrames: part.map { $0 - start })
      guard let conditioner else { return }
      try window.append(
        conditioner.output.span.extracting(0..<conditioner.outputFrames * channels),
        maskedFrames: conditioner.maskedOutput
      ) { start, isMasked, samples in
        formed += 1
        try emit(timeBase.window(start: start, sequence: formed - 1, isMasked: isMasked), samples)
      }
    }
  }

  // MARK: Continuity

  /// Indices stay up to this, which JSON can hold and adding a message to which can't overflow.
  package static let largestIndex = 1 << 53

  private mutating func locate(_ position: BlockPosition, frames: Int) {
    precondition((0...Self.largestIndex).contains(position.firstSample ?? 0), "a sample index is 0...2⁵³")
    follow(position, frames: frames)
    previousMessage = position.messageNumber ?? previousMessage
    // What no index can hold can't be placed in this time base.
    if runStart > Self.largestIndex - runFrames - frames { startEpoch(at: 0) }
  }

  private mutating func follow(_ position: BlockPosition, frames: Int) {
    guard let expected = expectedSample else {
      startRun(at: position.firstSample ?? 0)
      return
    }
    if let first = position.firstSample {
      if first > expected {
        skip(first - expected, from: expected)
      } else if first < expected {
        startEpoch(at: first)
      }
    } else if let number = position.messageNumber, let previous = previousMessage {
      if number <= previous {
        startEpoch(at: 0)
      } else if number - 1 > previous {
        skip((number - 1 - previous).multipliedSaturated(by: frames), from: expected)
      }
    }
  }

  private mutating func skip(_ missing: Int, from expected: Int) {
    missingSamples = missingSamples.addingSaturated(missing)
    startRun(at: expected.addingSaturated(missing))
  }

  private mutating func startEpoch(at index: Int) {
    restarts += 1
    epoch = epoch.addingSaturated(1)
    startRun(at: index)
  }

  private mutating func startRun(at index: Int) {
    runStart = index
    runFrames = 0
    window.removeAll()
    conditioner?.restart()
  }
}
