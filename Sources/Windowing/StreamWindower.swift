/// One stream: where its samples lie, what is missing, and the windows cut from it.
///
/// No window spans a gap. Where samples are missing the next window starts at the first sample after them. Where the
/// stream restarts (its index or message number does not advance) a new epoch begins.
package struct StreamWindower: Sendable {
  package let sampleRateHz: Double
  /// Epoch of the samples appended last.
  package private(set) var epoch: Int
  /// Windows formed so far; the next one's sequence number.
  package private(set) var windowsFormed = 0
  /// Frames that the publisher sent, by its own numbering, and that never came.
  package private(set) var missingSamples = 0

  /// Index in the stream of the frame that follows the last one; nil before there was any.
  package var nextSample: Int? { expectedSample }
  /// Index in the stream of the first frame of the window that comes next.
  package var nextWindowStart: Int { runStart + window.nextStart }

  private var window: SlidingWindow
  // Index in the stream of the first frame of the present run.
  private var runStart = 0
  // What the next message must carry to follow on; nil before there is anything to follow.
  private var expectedSample: Int?
  private var previousMessage: Int?

  /// - Parameters:
  ///   - geometry: how to cut; its channels are the stream's.
  ///   - sampleRateHz: frames a second, above 0.
  ///   - start: where the stream begins, or goes on.
  package init(geometry: WindowGeometry, sampleRateHz: Double, start: StreamStart = StreamStart()) {
    precondition(sampleRateHz > 0 && sampleRateHz.isFinite, "a stream's sample rate is a positive number")
    self.sampleRateHz = sampleRateHz
    epoch = start.epoch
    windowsFormed = start.sequence
    expectedSample = start.sample
    runStart = start.sample ?? 0
    window = SlidingWindow(geometry)
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
    let geometry = window.geometry
    let count = frames.count / geometry.channels
    locate(position, frames: count)
    let before = window.position
    let (rate, epoch, runStart) = (sampleRateHz, epoch, runStart)
    let duration = BlockPosition.microseconds(frames: geometry.lengthSamples - 1, sampleRateHz: rate)
    var formed = windowsFormed
    defer { windowsFormed = formed }
    try window.append(frames, maskedFrames: maskedFrames) { start, isMasked, samples in
      let lastFrame = start + geometry.lengthSamples - 1 - before
      let end = position.microseconds(ofFrame: lastFrame, of: count, sampleRateHz: rate)
      let sequence = formed
      formed += 1
      try emit(
        Window(
          epoch: epoch, sequence: sequence, startSample: runStart + start,
          endSample: runStart + start + geometry.lengthSamples, startMicroseconds: end.addingSaturated(-duration),
          endMicroseconds: end, isMasked: isMasked), samples)
    }
    expectedSample = runStart + window.position
  }

  // MARK: Continuity

  // Indices stay below this, so that adding a message to one can't overflow.
  private static let largestIndex = 1 << 62

  private mutating func locate(_ position: BlockPosition, frames: Int) {
    defer { previousMessage = position.messageNumber ?? previousMessage }
    precondition((0...(1 << 53)).contains(position.firstSample ?? 0), "a sample index is 0...2⁵³")
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
    let index = expected.addingSaturated(missing)
    // A jump that no index can hold can't be placed in this time base.
    if index < Self.largestIndex {
      startRun(at: index)
    } else {
      startEpoch(at: 0)
    }
  }

  private mutating func startEpoch(at index: Int) {
    epoch += 1
    startRun(at: index)
  }

  private mutating func startRun(at index: Int) {
    runStart = index
    window.removeAll()
  }
}
