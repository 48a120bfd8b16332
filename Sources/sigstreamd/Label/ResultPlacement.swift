import StreamIO

/// Finds, in recordings of live streams, the frames that a result is about.
struct ResultPlacement: Sendable {
  /// How far the times of a result and of the frames of the same index may lie apart, beyond the length of a window: clocks
  /// drift, and replays have other speeds.
  private static let toleranceSeconds = 2.0

  private let byStream: [String: [Int]]
  private let byName: [String: Int]
  private let folder: SegmentFolder
  private let headers: [RecordingHeader]

  init(_ folder: SegmentFolder) {
    let headers = folder.headers
    (self.folder, self.headers) = (folder, headers)
    byName = Dictionary(headers.indices.map { (headers[$0].name, $0) }, uniquingKeysWith: { first, _ in first })
    byStream = Dictionary(grouping: headers.indices) { headers[$0].stream?.stream ?? "" }
  }

  /// By the index of the samples where that agrees with the time, which it does not where the recorder and the daemon began
  /// to count at other moments; by the time then.
  ///
  /// - Returns: the place among the folder's headers, and the frames of that recording; nil where none has the whole window.
  func place(_ result: WindowResult) -> (recording: Int, frames: Range<Int>)? {
    // Both come from outside, whatever they are.
    let (length, isBeyondAll) = result.endSample.subtractingReportingOverflow(result.startSample)
    guard !isBeyondAll, length > 0 else { return nil }
    if let index = byName[result.stream] {
      // Of the recording itself.
      let isInside = result.startSample >= 0 && result.endSample <= headers[index].frameCount
      return isInside ? (index, result.startSample..<result.endSample) : nil
    }
    for index in byStream[result.stream] ?? [] {
      let header = headers[index]
      guard let rate = header.sampleRateHz, let start = header.startMicroseconds, let stream = header.stream else {
        continue
      }
      let (byIndex, overflow) = result.startSample.subtractingReportingOverflow(stream.firstFrame)
      let last = header.frameCount - length
      guard !overflow, last >= 0 else { continue }
      let tolerance = Self.toleranceSeconds + Double(length) / rate
      if (0...last).contains(byIndex),
        abs(seconds(from: folder.microseconds(ofFrame: byIndex, recording: index), to: result)) <= tolerance
      {
        return (index, byIndex..<byIndex + length)
      }
      let byTime = seconds(from: Int64(start), to: result) * rate
      guard byTime > -0.5, byTime < Double(last) + 0.5 else { continue }
      let first = Int(byTime.rounded())
      return (index, first..<first + length)
    }
    return nil
  }

  private func seconds(from microseconds: Int64, to result: WindowResult) -> Double {
    (Double(result.startMicroseconds) - Double(microseconds)) / 1e6
  }
}
