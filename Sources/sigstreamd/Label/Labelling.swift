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
      var labels = FrameLabels(windows: windows[index] ?? [])
      labels.set(moments: corrections.moments[header.name] ?? [])
      for (frames, label) in corrections.intervals[header.name] ?? [] { labels.set(frames, to: label) }
      return (header, labels)
    }
  }
}
