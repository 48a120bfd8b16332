import StreamIO
import Windowing

/// The windows of a recording, cut by the code that cuts live streams.
enum RecordingWindows {
  /// - Parameters:
  ///   - sampleRateHz: for the windows' times, which count from the recording's start; 0 where unknown: a sample is then
  ///     a microsecond.
  static func cut(_ recording: Recording, length: Int, hop: Int, sampleRateHz: Double) -> [Window] {
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
    ) { windows.append($0) }
    return windows
  }
}
