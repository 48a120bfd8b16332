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
  // From a window's first frame to its last.
  private let durationMicroseconds: Int64

  init(
    position: BlockPosition, frames: Int, before: Int, runStart: Int, epoch: Int, sampleRateHz: Double,
    ratio: ResamplingRatio, lengthSamples: Int
  ) {
    (self.position, self.frames, self.before) = (position, frames, before)
    (self.runStart, self.epoch, self.sampleRateHz) = (runStart, epoch, sampleRateHz)
    (self.ratio, self.lengthSamples) = (ratio, lengthSamples)
    durationMicroseconds = BlockPosition.microseconds(
      frames: ratio.inputFrames(ofOutput: lengthSamples - 1, after: 0), sampleRateHz: sampleRateHz)
  }

  /// The window that begins with frame `start` of the conditioned run.
  func window(start: Int, sequence: Int, isMasked: Bool) -> Window {
    let last = ratio.inputFrames(ofOutput: start + lengthSamples - 1, after: before)
    let end = position.microseconds(ofFrame: last, of: frames, sampleRateHz: sampleRateHz)
    return Window(
      epoch: epoch, sequence: sequence, startSample: runStart + ratio.nearestInput(ofOutput: start),
      endSample: runStart + ratio.nearestInput(ofOutput: start + lengthSamples),
      startMicroseconds: end.addingSaturated(-durationMicroseconds), endMicroseconds: end, isMasked: isMasked)
  }
}
