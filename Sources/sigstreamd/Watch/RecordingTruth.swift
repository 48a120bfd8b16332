import StreamIO

/// The labels that a recording's own annotations give to the windows cut from it.
struct RecordingTruth: Sendable {
  /// The classes there are.
  let labels: [String]
  private let labelOfWindow: @Sendable (Range<Int>) -> String?

  /// - Parameter labelOfWindow: the label of a window by its frames, or nil where it has none that counts.
  init(labels: [String], labelOfWindow: @escaping @Sendable (Range<Int>) -> String?) {
    self.labels = labels
    self.labelOfWindow = labelOfWindow
  }

  /// The recording's label of the window that `result` is about, whose stream counts samples as the recording does.
  func label(of result: WindowResult) -> String? {
    guard result.startSample >= 0, result.endSample > result.startSample else { return nil }
    return labelOfWindow(result.startSample..<result.endSample)
  }
}
