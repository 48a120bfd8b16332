import Foundation
import StreamIO

/// Labelled intervals as a table that `labels.from: intervals` of a dataset file takes.
enum LabelTable {
  /// - Throws: `FileError`; a table that was there is then unchanged.
  static func write(_ intervals: [(frames: Range<Int>, label: String)], path: String) throws(FileError) {
    var text = "start_sample,end_sample,label\n"
    for (frames, label) in intervals { text += "\(frames.lowerBound),\(frames.upperBound),\(label.asTableField)\n" }
    try FileBytes.writeAtomically(Array(text.utf8), path: path)
  }
}

/// Results in doubt, the least certain first, with a column for a person's answer.
enum DoubtTable {
  /// - Throws: `FileError`.
  static func write(_ doubts: [Labelling.Doubt], path: String) throws(FileError) {
    try FileBytes.writeAtomically(Array(text(doubts).utf8), path: path)
  }

  static func text(_ doubts: [Labelling.Doubt]) -> String {
    let times = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
    var text = "recording,start_sample,end_sample,label,guess,confidence,outlier,time\n"
    for doubt in doubts.sorted(by: { $0.confidence < $1.confidence }) {
      let time = Date(timeIntervalSince1970: Double(doubt.startMicroseconds) / 1e6).formatted(times)
      text += "\(doubt.recording),\(doubt.frames.lowerBound),\(doubt.frames.upperBound),,"
      text += "\(doubt.guess.asTableField),\(doubt.confidence),\(doubt.isOutlier ? "yes" : "no"),\(time)\n"
    }
    return text
  }
}

/// What `label` has done, for people.
struct LabellingReport {
  let text: String

  init(_ labelling: Labelling, corrections: Int, labels: [(header: RecordingHeader, labels: FrameLabels)]) {
    var seconds: [String: Double] = [:]
    for (header, labels) in labels {
      for (frames, label) in labels.labelled {
        seconds[label, default: 0] += Double(frames.count) / (header.sampleRateHz ?? 1)
      }
    }
    var lines = seconds.sorted { $0.key < $1.key }.map { label, seconds in
      "\(label): \(String(format: "%.1f", seconds)) s"
    }
    lines.append(
      "\(labels.count) recordings; \(labelling.placed) results, \(labelling.doubts.count) of them in doubt, "
        + "\(corrections) corrections")
    if labelling.outside > 0 { lines.append("\(labelling.outside) results are about samples that were not recorded") }
    text = lines.joined(separator: "\n")
  }
}
