/// Where the windows lie that one message completes: from frames of the conditioned run to samples of the stream and to
/// moments.
struct RunTimeBase {
  let position: BlockPosition
  /// Frames of the message.
  let frames: Int
  /// Frames of the run before the message.
  let before: Int
  /// Index in the stream of the run's first frame.
  let runStart: Int
  let epoch: Int
  /// Of the stream.
  let sampleRateHz: Double
  /// Frames of the conditioned run for those of the stream.
  let ratio: ResamplingRatio
  /// Frames of a window.
  let lengthSamples: Int

  /// The window that begins with frame `start` of the conditioned run.
  func window(start: Int, sequence: Int, isMasked: Bool) -> Window {
    let last = ratio.inputFrames(ofOutput: start + lengthSamples - 1, after: before)
    let duration = ratio.inputFrames(ofOutput: lengthSamples - 1, after: 0)
    let end = position.microseconds(ofFrame: last, of: frames, sampleRateHz: sampleRateHz)
    return Window(
      epoch: epoch, sequence: sequence, startSample: runStart + ratio.nearestInput(ofOutput: start),
      endSample: runStart + ratio.nearestInput(ofOutput: start + lengthSamples),
      startMicroseconds: end.addingSaturated(
        -BlockPosition.microseconds(frames: duration, sampleRateHz: sampleRateHz)),
      endMicroseconds: end, isMasked: isMasked)
  }
}
