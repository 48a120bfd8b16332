import Foundation
import StreamIO

/// Labels for recordings of live streams, out of the daemon's results and a person's corrections.
struct Labelling {
  /// A window whose result nobody should learn from before a person has looked.
  struct Doubt: Sendable {
    var recording: String
    var frames: Range<Int>
    var startMicroseconds: Int64
    var guess: String
    var confidence: Float
    var isOutlier: Bool
  }

  private let headers: [RecordingHeader]
  private let placement: ResultPlacement
  private let confidence: Double
  private var windows: [Int: [LabelledFrames]] = [:]
  private(set) var doubts: [Doubt] = []
  /// Results that were placed, and those that no recording has.
  private(set) var placed = 0
  private(set) var outside = 0

  /// - Parameters:
  ///   - folder: the recordings.
  ///   - confidence: results with less than this are in doubt, as are outliers.
  init(_ folder: SegmentFolder, confidence: Double) {
    (headers, self.confidence) = (folder.headers, confidence)
    placement = ResultPlacement(folder)
  }

  mutating func add(_ result: WindowResult) {
    guard let label = result.label, let certainty = result.confidence else { return }
    guard let (recording, frames) = placement.place(result) else { return outside += 1 }
    placed += 1
    let isDoubtful = result.status == .outlier || Double(certainty) < confidence
    windows[recording, default: []].append(LabelledFrames(frames: frames, label: isDoubtful ? nil : label))
    guard isDoubtful else { return }
    doubts.append(
      Doubt(
        recording: headers[recording].name, frames: frames, startMicroseconds: result.startMicroseconds, guess: label,
        confidence: certainty, isOutlier: result.status == .outlier))
  }

  /// The labels of each recording, by the order of the headers.
  func labels(_ corrections: Corrections) -> [(header: RecordingHeader, labels: FrameLabels)] {
    headers.enumerated().map { index, header in
      let said = corrections.intervals[header.name] ?? []
      let (answered, others) = Self.answer(windows[index] ?? [], by: said)
      var labels = FrameLabels(windows: answered)
      labels.set(moments: corrections.moments[header.name] ?? [])
      for (frames, label) in others { labels.set(frames, to: label) }
      return (header, labels)
    }
  }

  /// Windows in doubt get the label of the interval that has their very frames: it is the answer about them.
  ///
  /// - Returns: all windows, and the intervals that are no answers.
  private static func answer(
    _ windows: [LabelledFrames], by said: [(frames: Range<Int>, label: String)]
  ) -> (windows: [LabelledFrames], others: [(frames: Range<Int>, label: String)]) {
    let doubtful = Set(windows.filter { $0.label == nil }.map(\.frames))
    var answers: [Range<Int>: String] = [:]
    var others: [(frames: Range<Int>, label: String)] = []
    for (frames, label) in said {
      if doubtful.contains(frames) { answers[frames] = label } else { others.append((frames, label)) }
    }
    let answered = windows.map { LabelledFrames(frames: $0.frames, label: $0.label ?? answers[$0.frames]) }
    return (answered, others)
  }
}
