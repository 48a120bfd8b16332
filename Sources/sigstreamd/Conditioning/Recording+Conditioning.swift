import StreamIO
import Windowing

extension SignalConditioning {
  /// The conditioning of the recording at `path`; nil where nothing is to be done to it.
  ///
  /// - Throws: `FileError` where the recording's rate doesn't allow it.
  init?(of path: String, from inputRateHz: Double, to outputRateHz: Double, filters: [SignalFilter]) throws(FileError) {
    let conditioning: SignalConditioning?
    do throws(ConditioningError) {
      conditioning = try SignalConditioning(from: inputRateHz, to: outputRateHz, filters: filters)
    } catch {
      throw FileError(path: path, message: "can't be brought to what is asked for: \(error)")
    }
    guard let conditioning else { return nil }
    self = conditioning
  }
}

extension Recording {
  /// The samples, with 0 for what is not finite, and the frames, in ascending order, that have such samples.
  var maskedSamples: (samples: [Float], maskedFrames: [Int]) {
    (samples.map { $0.isFinite ? $0 : 0 }, samples.framesWithMissingSamples(channels: channels.count))
  }
}

extension LabelSpan {
  /// The span in a recording that was resampled by `ratio`.
  func placed(by ratio: ResamplingRatio) -> LabelSpan {
    let start = ratio.nearestOutput(ofInput: start)
    return LabelSpan(start: start, end: max(start + 1, ratio.nearestOutput(ofInput: end)), label: label)
  }
}
