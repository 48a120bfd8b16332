import Classifier
import StreamIO
import Windowing

/// The windows of a recording, cut by the code that cuts live streams.
struct RecordingWindows {
  /// Where each lies in the recording.
  let windows: [Window]
  // The recording's, conditioned, `[frames, channels]`, with 0 for what is not finite.
  private let samples: [Float]
  private let geometry: WindowGeometry

  /// - Parameters:
  ///   - sampleRateHz: for the windows' times, which count from the recording's start; 0 where unknown: a sample is then
  ///     a microsecond.
  ///   - conditioning: what is done to the samples before windows are cut, at this rate; nil: nothing.
  init(
    _ recording: Recording, length: Int, hop: Int, sampleRateHz: Double, conditioning: SignalConditioning? = nil
  ) {
    geometry = WindowGeometry(lengthSamples: length, hopSamples: hop, channels: recording.channels.count)
    var (samples, maskedFrames) = recording.maskedSamples
    if let conditioning {
      (samples, maskedFrames) = conditioning.condition(
        samples, channels: geometry.channels, maskedFrames: maskedFrames)
    }
    var windower = StreamWindower(
      geometry: geometry, sampleRateHz: conditioning?.outputRateHz ?? (sampleRateHz > 0 ? sampleRateHz : 1_000_000))
    var windows: [Window] = []
    windower.append(
      samples.span, maskedFrames: maskedFrames,
      at: BlockPosition(firstSample: 0, acquisitionMicroseconds: 0, arrivalMicroseconds: 0)
    ) { window, _ in windows.append(window) }
    if let ratio = conditioning?.ratio {
      for index in windows.indices {
        let (start, end) = (windows[index].startSample, windows[index].endSample)
        windows[index].startSample = ratio.nearestInput(ofOutput: start)
        windows[index].endSample = min(ratio.nearestInput(ofOutput: end), recording.frameCount)
      }
    }
    (self.windows, self.samples) = (windows, samples)
  }

  /// The samples of the windows `range`, as the model takes them.
  func samples(_ range: Range<Int>) -> LabelledWindows {
    let (length, channels) = (geometry.lengthSamples, geometry.channels)
    return LabelledWindows(
      samples: range.flatMap { index in
        let start = index * geometry.hopSamples
        return samples[start * channels..<(start + length) * channels]
      }, windowSamples: range.isEmpty ? 0 : length, channels: channels,
      labels: Array(repeating: 0, count: range.count))
  }
}
