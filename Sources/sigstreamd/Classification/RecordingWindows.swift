import Classifier
import StreamIO
import Windowing

/// The windows of a recording, cut by the code that cuts live streams.
struct RecordingWindows {
  let windows: [Window]
  // The recording's, `[frames, channels]`, with 0 for what is not finite.
  private let samples: [Float]
  private let channels: Int

  /// - Parameters:
  ///   - sampleRateHz: for the windows' times, which count from the recording's start; 0 where unknown: a sample is then
  ///     a microsecond.
  init(_ recording: Recording, length: Int, hop: Int, sampleRateHz: Double) {
    let channels = recording.channels.count
    var maskedFrames: [Int] = []
    var samples = recording.samples
    for index in samples.indices where !samples[index].isFinite {
      samples[index] = 0
      if maskedFrames.last != index / channels { maskedFrames.append(index / channels) }
    }
    var windower = StreamWindower(
      geometry: WindowGeometry(lengthSamples: length, hopSamples: hop, channels: channels),
      sampleRateHz: sampleRateHz > 0 ? sampleRateHz : 1_000_000)
    var windows: [Window] = []
    windower.append(
      samples.span, maskedFrames: maskedFrames,
      at: BlockPosition(firstSample: 0, acquisitionMicroseconds: 0, arrivalMicroseconds: 0)
    ) { window, _ in windows.append(window) }
    (self.windows, self.samples, self.channels) = (windows, samples, channels)
  }

  /// The samples of the windows `range`, as the model takes them.
  func samples(_ range: Range<Int>) -> LabelledWindows {
    let part = windows[range]
    return LabelledWindows(
      samples: part.flatMap { samples[$0.startSample * channels..<$0.endSample * channels] },
      windowSamples: part.first.map { $0.endSample - $0.startSample } ?? 0, channels: channels,
      labels: Array(repeating: 0, count: part.count))
  }
}
