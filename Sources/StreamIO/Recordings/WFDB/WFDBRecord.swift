import Foundation

/// Opens WFDB records: the header, the signal files beside it, the annotations.
///
/// Source: PhysioNet, WFDB Applications Guide, header(5), signal(5) and annot(5).
enum WFDBRecord {
  /// The annotator whose annotations are those of the record: experts' reference annotations.
  static let annotator = "atr"

  /// Opens the record whose header is at `headerPath` (`….hea`).
  ///
  /// - Throws: `FileError` for a file that is missing, of a kind that can't be read, or too short or too long for what the
  ///   header says.
  static func open(headerPath: String) throws(FileError) -> any RecordingSource {
    let header = try WFDBHeader.parse(FileBytes.read(path: headerPath), path: headerPath)
    if !header.segments.isEmpty { return try WFDBSegments(header, headerPath: headerPath) }
    return try WFDBSignals(header, headerPath: headerPath)
  }

  /// What a recording says about itself, from its WFDB header.
  ///
  /// - Parameters:
  ///   - layout: the header with the signals.
  ///   - frames: of the record; a recording has `layout.samplesPerFrame` times as many.
  static func recordingHeader(
    _ header: WFDBHeader, layout: WFDBHeader, headerPath: String, frames: Int
  ) throws(FileError) -> RecordingHeader {
    let rate = header.sampleRateHz * Double(layout.samplesPerFrame)
    guard rate.isFinite else {
      throw FileError(path: headerPath, message: "the sampling frequency is beyond all numbers: correct it")
    }
    var recording = RecordingHeader(
      name: FilePath.stem(headerPath), path: headerPath, sampleRateHz: rate, channels: layout.channels,
      frameCount: frames * layout.samplesPerFrame)
    recording.startMicroseconds = header.startMicroseconds
    recording.samplesPerFrame = layout.samplesPerFrame
    let annotationPath = FilePath.withoutExtension(headerPath) + "." + annotator
    if FileBytes.exists(path: String(annotationPath)) {
      recording.annotations = try WFDBAnnotations.parse(
        FileBytes.read(path: String(annotationPath)), path: String(annotationPath), frameRateHz: header.sampleRateHz,
        sampleRateHz: rate)
    }
    return recording
  }
}

extension WFDBHeader {
  /// Of the channels, one for each signal.
  var channels: [RecordingHeader.Channel] {
    signals.enumerated().map { index, signal in
      RecordingHeader.Channel(
        name: signal.description.isEmpty ? String(index) : signal.description, units: signal.units)
    }
  }

  /// Samples a frame of the fastest signal: the recording has that rate.
  var samplesPerFrame: Int { signals.map(\.samplesPerFrame).max() ?? 1 }

  /// When the record began; nil without both date (DD/MM/YYYY) and time (HH:MM:SS, with or without a fraction).
  fileprivate var startMicroseconds: Int? {
    guard let baseDate, let baseTime else { return nil }
    let date = baseDate.split(separator: "/").compactMap { Int($0) }
    let time = baseTime.split(separator: ":").compactMap { Double($0) }
    guard date.count == 3, time.count == 3 else { return nil }
    return ClockTime.microseconds(
      year: date[2], month: date[1], day: date[0], seconds: time[0] * 3600 + time[1] * 60 + time[2])
  }
}
