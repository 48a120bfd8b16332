import Foundation
import StreamIO

/// A part of a recording that a label stands for: the frames `start..<end`, at least one.
struct LabelSpan: Sendable, Equatable {
  var start: Int
  var end: Int
  var label: String
}

/// Where the labels of a dataset's recordings come from: `labels.from`.
enum LabelSource: Sendable, Equatable {
  /// The symbols of the annotations: those of the annotator's file beside the recording; nil: the recording's own.
  case annotations(annotator: String?)
  /// The texts of such annotations.
  case text(annotator: String?)
  /// A column of the recording's table.
  case column(String)
  /// A table of intervals beside the recording; `{name}` stands for the recording's name.
  case intervals(String)
  /// The name of the recording's folder.
  case folder(NamePattern)
  /// The name of the recording's file.
  case file(NamePattern)
  /// The class that the file gives the recording.
  case series

  /// The parts of a recording that have labels, in time order.
  ///
  /// - Parameters:
  ///   - sampleRateHz: of the recording, where it says so itself or somebody else does.
  ///   - name: the dataset's for it, by which a table of intervals may call it, too.
  /// - Throws: `FileError` where it has none of the kind.
  func spans(of source: any RecordingSource, sampleRateHz: Double?, named name: String) throws -> [LabelSpan] {
    let header = source.header
    switch self {
    case .annotations(let annotator):
      return try Self.annotations(annotator, of: header, sampleRateHz).map { Self.span($0, label: $0.symbol) }
    case .text(let annotator):
      return try Self.annotations(annotator, of: header, sampleRateHz).withLastingRhythms(until: header.frameCount)
        .map { Self.span($0, label: $0.auxiliary) }
    case .column(let name): return try Self.spans(of: source, column: name)
    case .intervals(let pattern): return try Self.spans(of: header, sampleRateHz, named: name, intervals: pattern)
    case .folder(let pattern):
      return [Self.whole(header, try pattern.text(in: Self.folder(header.path), header.path))]
    case .file(let pattern):
      return [Self.whole(header, try pattern.text(in: FilePath.stem(header.path), header.path))]
    case .series:
      guard let label = header.label else {
        throw FileError(path: header.path, message: "gives its series no class: choose another with 'labels.from'")
      }
      return [Self.whole(header, label)]
    }
  }

  /// The files of annotations that the labels of the recording at `path` may come from.
  func annotationPaths(ofRecording path: String) -> [String] {
    switch self {
    case .annotations(let annotator?), .text(let annotator?):
      WFDBAnnotationFile.paths(annotator: annotator, ofRecording: path)
    default: []
    }
  }

  /// The name of the folder that a file is in.
  static func folder(_ path: String) -> String { URL(filePath: path).deletingLastPathComponent().lastPathComponent }

  /// The table of intervals of the recording at `path`.
  static func intervalsPath(_ pattern: String, ofRecording path: String) -> String {
    let folder = URL(filePath: path).deletingLastPathComponent()
    return folder.appending(path: pattern.replacing("{name}", with: FilePath.stem(path))).path
  }

  private static func whole(_ header: RecordingHeader, _ label: String) -> LabelSpan {
    LabelSpan(start: 0, end: header.frameCount, label: label)
  }

  private static func span(_ annotation: Annotation, label: String) -> LabelSpan {
    LabelSpan(
      start: annotation.sample, end: annotation.sample + max(1, annotation.durationSamples), label: label)
  }

  /// The annotations of a recording, at least one.
  private static func annotations(
    _ annotator: String?, of header: RecordingHeader, _ sampleRateHz: Double?
  ) throws(FileError) -> [Annotation] {
    var annotations = header.annotations
    if let annotator {
      annotations = try WFDBAnnotationFile.read(annotator: annotator, of: header, sampleRateHz: sampleRateHz)
    }
    guard !annotations.isEmpty else {
      throw FileError(
        path: header.path,
        message: "has no annotations, so that nothing says what its windows are: add its "
          + "\(header.name).\(annotator ?? "atr"), name another with 'annotator', "
          + "or leave the recording out with 'exclude'")
    }
    return annotations
  }

  private static func spans(of source: any RecordingSource, column name: String) throws -> [LabelSpan] {
    let header = source.header
    if let column = header.textColumns.firstIndex(of: name) {
      return header.annotations.filter { $0.channel == column }.map {
        LabelSpan(start: $0.sample, end: $0.sample + $0.durationSamples, label: $0.auxiliary)
      }
    }
    var blocks = RecordingBlocks(source, columns: try header.columns(of: [name]))
    var (spans, frame) = ([LabelSpan](), 0)
    var last: Float = .nan
    try blocks.forEach { values in
      for value in values {
        if value == last, spans.last?.end == frame {
          spans[spans.count - 1].end += 1
        } else if value.isFinite {
          spans.append(LabelSpan(start: frame, end: frame + 1, label: Quantity.text(Double(value))))
          last = value
        }
        frame += 1
      }
    }
    return spans
  }

  private static func spans(
    of header: RecordingHeader, _ sampleRateHz: Double?, named name: String, intervals pattern: String
  ) throws(FileError) -> [LabelSpan] {
    let table = try IntervalTable(path: intervalsPath(pattern, ofRecording: header.path))
    guard let rate = table.isInFrames ? 1 : sampleRateHz else {
      throw FileError(path: header.path, message: "has no rate to place intervals by: give one with 'sampleRate'")
    }
    // Dates count from 1970, as does the recording's start.
    let origin = header.startMicroseconds.map { Double($0) / 1e6 } ?? 0
    let names = ["", header.name, name, URL(filePath: header.path).lastPathComponent]
    return table.intervals.filter { names.contains($0.recording ?? "") }.map { interval in
      let shift = interval.start > 315_532_800 && !table.isInFrames ? origin : 0
      let start = Int(((interval.start - shift) * rate).rounded())
      return LabelSpan(
        start: start, end: max(start + 1, Int(((interval.end - shift) * rate).rounded())), label: interval.label)
    }.sorted { $0.start < $1.start }
  }
}

/// What of a name counts: the first group of a regular expression, or all it matches; the whole name where there is none.
struct NamePattern: Sendable, Equatable {
  var expression: String?

  /// - Throws: `FileError` where the name of the file at `path` is none that the expression matches.
  func text(in name: String, _ path: String) throws(FileError) -> String {
    guard let expression else { return name }
    guard let match = try? Regex(expression).firstMatch(in: name) else {
      throw FileError(
        path: path, message: "the name '\(name)' has nothing that '\(expression)' matches: correct the pattern")
    }
    let part = match.output.count > 1 ? match.output[1].substring : match.output[0].substring
    return String(part ?? "")
  }
}
