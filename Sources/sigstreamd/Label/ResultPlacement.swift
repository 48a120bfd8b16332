import StreamIO

/// Finds, in recordings of live streams, the frames that a result is about.
struct ResultPlacement: Sendable {
  /// A recording and frames of it.
  typealias Place = (recording: Int, frames: Range<Int>)

  /// How far the times of a result and of the frame of the same index may lie apart: messages arrive a little later
  /// here than there, and a replay at another speed tells the times within a message by the nominal one.
  private static let toleranceMicroseconds = 2e6

  private let byStream: [String: [RecordedStretch]]
  private let byName: [String: Int]
  private let folder: SegmentFolder
  private let headers: [RecordingHeader]

  init(_ folder: SegmentFolder) {
    let headers = folder.headers
    (self.folder, self.headers) = (folder, headers)
    byName = Dictionary(headers.indices.map { (headers[$0].name, $0) }, uniquingKeysWith: { first, _ in first })
    let stretches = headers.indices.compactMap { RecordedStretch(headers[$0], at: $0, in: folder) }
    byStream = Dictionary(grouping: stretches) { $0.place.stream }
  }

  /// By the index of the samples where that agrees with the time. Where it does in no recording, as the recorder and
  /// the daemon began to count at other moments, by the time alone.
  ///
  /// - Returns: the place among the folder's headers, and the frames of that recording; nil where none has the whole
  ///   window.
  func place(_ result: WindowResult) -> Place? {
    // Both come from outside, whatever they are.
    let (length, isBeyondAll) = result.endSample.subtractingReportingOverflow(result.startSample)
    guard !isBeyondAll, length > 0 else { return nil }
    if let index = byName[result.stream] {
      // Of the recording itself.
      let isInside = result.startSample >= 0 && result.endSample <= headers[index].frameCount
      return isInside ? (index, result.startSample..<result.endSample) : nil
    }
    return placeByIndex(result, length: length) ?? placeByTime(result, length: length)
  }

  /// In the recording whose frames of that index were acquired nearest to the result's time.
  private func placeByIndex(_ result: WindowResult, length: Int) -> Place? {
    var nearest: Place?
    var leastDistance = Self.toleranceMicroseconds
    for stretch in byStream[result.stream] ?? [] {
      let (first, overflow) = result.startSample.subtractingReportingOverflow(stretch.place.firstFrame)
      guard !overflow, stretch.hasWindow(of: length, at: first) else { continue }
      let end = first + stretch.framesToEnd(of: result, length: length)
      let moment = folder.microseconds(ofFrame: end, recording: stretch.recording)
      let distance = abs(Double(moment) - Double(result.endMicroseconds))
      guard distance <= leastDistance else { continue }
      leastDistance = distance
      nearest = (stretch.recording, first..<first + length)
    }
    return nearest
  }

  private func placeByTime(_ result: WindowResult, length: Int) -> Place? {
    for stretch in byStream[result.stream] ?? [] where stretch.frameCount >= length {
      guard stretch.wasRecorded(at: result.endMicroseconds) else { continue }
      let end = folder.frame(at: result.endMicroseconds, recording: stretch.recording)
      let first = end - stretch.framesToEnd(of: result, length: length)
      if stretch.hasWindow(of: length, at: first) { return (stretch.recording, first..<first + length) }
    }
    return nil
  }
}

/// Which part of a stream a recording is.
private struct RecordedStretch: Sendable {
  /// Its place among the folder's headers.
  let recording: Int
  let place: StreamPlace
  let frameCount: Int
  private let sampleRateHz: Double
  // When the frames before its first and behind its last would have been acquired.
  private let before: Int64
  private let behind: Int64

  /// Nil where a recording is of no stream.
  init?(_ header: RecordingHeader, at recording: Int, in folder: SegmentFolder) {
    guard let place = header.stream, let rate = header.sampleRateHz else { return nil }
    (self.recording, self.place) = (recording, place)
    (frameCount, sampleRateHz) = (header.frameCount, rate)
    before = folder.microseconds(ofFrame: -1, recording: recording)
    behind = folder.microseconds(ofFrame: header.frameCount, recording: recording)
  }

  func hasWindow(of length: Int, at first: Int) -> Bool { first >= 0 && first <= frameCount - length }

  func wasRecorded(at moment: Int64) -> Bool { before < moment && moment < behind }

  /// Frames from a window's first to the one that was acquired when the result ends. That end is a time of the clock;
  /// the start is reckoned back from it at the nominal rate.
  ///
  /// - Parameter length: of the window, at most that of the recording.
  func framesToEnd(of result: WindowResult, length: Int) -> Int {
    let seconds = (Double(result.endMicroseconds) - Double(result.startMicroseconds)) / 1e6
    return Int(max(0, min(Double(length), (seconds * sampleRateHz).rounded())))
  }
}
