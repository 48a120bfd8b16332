import StreamIO
import Windowing

/// The labels that a recording's own annotations give to the windows cut from it.
struct RecordingTruth: Sendable {
  /// The classes there are.
  let labels: [String]
  private let frameCount: Int
  private let labelOfWindow: @Sendable (Range<Int>) -> String?

  /// - Parameters:
  ///   - frameCount: the frames of the recording.
  ///   - labelOfWindow: the label of a window by its frames, or nil where it has none that counts.
  init(labels: [String], frameCount: Int, labelOfWindow: @escaping @Sendable (Range<Int>) -> String?) {
    self.labels = labels
    self.frameCount = frameCount
    self.labelOfWindow = labelOfWindow
  }

  /// The labels of `recording` as the dataset file at `datasetPath` derives them.
  /// - Throws: `ConfigurationError` for what is wrong in the file, `FileError` where the recording has no labels.
  init(_ recording: Recording, datasetPath: String) throws {
    let file = try DatasetFile.read(path: datasetPath)
    let labelling = file.labelling
    guard !recording.annotations.isEmpty || !Self.areItsOwn(labelling.source) else {
      throw FileError(
        path: recording.path, message: "has no annotations to compare with: add its .atr file, or leave --dataset out")
    }
    // Margins count samples of the windows, results those of the recording.
    let ratio = file.ratio(of: recording.header)
    let rate = file.sampleRateHz(of: recording.header)
    // As a dataset calls it that has another of its name.
    let name = "\(LabelSource.folder(recording.path))/\(recording.name)"
    let spans = try labelling.source.spans(of: recording, sampleRateHz: rate, named: name)
      .map { $0.placed(by: ratio) }
    let labeller = WindowLabeller(labelling, spans: spans)
    self.init(labels: labeller.labelling.names, frameCount: recording.frameCount) { window in
      labeller.label(
        start: ratio.nearestOutput(ofInput: window.lowerBound), end: ratio.nearestOutput(ofInput: window.upperBound))
    }
  }

  /// Whether labels are the annotations that come with a recording.
  private static func areItsOwn(_ source: LabelSource) -> Bool {
    source == .annotations(annotator: nil) || source == .text(annotator: nil)
  }

  /// The recording's label of the window that `result` is about, whose stream counts samples as the recording does; nil
  /// also where the recording has no such window.
  func label(of result: WindowResult) -> String? {
    let (start, end) = (result.startSample, result.endSample)
    guard start >= 0, end > start, end <= frameCount else { return nil }
    return labelOfWindow(start..<end)
  }
}
