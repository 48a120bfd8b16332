import Foundation
import StreamIO
import Testing

@testable import sigstreamd

struct ResultPlacementTests {
  private static let name = "bed-3-20261126T200233"
  // 2026-11-26T20:02:33 is when the stream's frame 0 was acquired.
  private static let origin: Int64 = 1_795_723_353_000_000

  /// Of the stream bed-3, at a nominal 100 Hz.
  private static func block(from first: Int, count: Int, at microseconds: Int64, run: Int64 = 7) -> SegmentBlock {
    SegmentBlock(
      run: run, stream: "bed-3", epoch: 0, firstFrame: first, microseconds: microseconds, sampleRateHz: 100,
      channels: 1, units: "mV", samples: [Float](repeating: 0, count: count))
  }

  /// Blocks of 100 frames, one every `pace` microseconds.
  private static func blocks(_ count: Int, at start: Int64, every pace: Int64, run: Int64 = 7) -> [SegmentBlock] {
    (0..<count).map { block(from: 100 * $0, count: 100, at: start + Int64($0) * pace, run: run) }
  }

  private func withRecordings(_ blocks: [SegmentBlock], _ body: (SegmentFolder) throws -> Void) throws {
    let folder = FileManager.default.temporaryDirectory.appending(path: "placement-\(UUID().uuidString)").path
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let writer = try SegmentWriter(folder: folder, largestFileBytes: 1 << 20, keptBytes: 1 << 30)
    try writer.append(blocks)
    try body(try SegmentFolder(path: folder))
  }

  /// Frames 50..<250 of the stream.
  private func withRecording(_ body: (SegmentFolder) throws -> Void) throws {
    try withRecordings([Self.block(from: 50, count: 200, at: Self.origin + 500_000)], body)
  }

  private func result(
    of stream: String = "bed-3", _ start: Int, _ end: Int, at microseconds: Int64 = origin, until last: Int64? = nil,
    label: String = "N", confidence: Float = 0.9
  ) -> WindowResult {
    WindowResult(
      feed: "ecg", stream: stream, sequence: 0, epoch: 0, startSample: start, endSample: end,
      startMicroseconds: microseconds, endMicroseconds: last ?? microseconds, publishedMicroseconds: 0,
      ageMicroseconds: 0, status: .classified, label: label, confidence: confidence, model: "")
  }

  /// A window of 64 frames whose last was acquired at `end`, from which the daemon reckons back at the nominal rate.
  private func result(from start: Int, endingAt end: Int64) -> WindowResult {
    result(start, start + 64, at: end - 630_000, until: end)
  }

  @Test func aResultIsPlacedByItsIndexItsTimeOrTheRecordingsName() throws {
    try withRecording { folder in
      let placement = ResultPlacement(folder)
      // Frame 60 of the stream is the recording's tenth.
      #expect(placement.place(result(60, 124, at: Self.origin + 600_000))?.frames == 10..<74)
      // A daemon that began to count later, at a frame that was acquired 0.7 s after the origin: at frame 70 of the stream.
      #expect(placement.place(result(3000, 3064, at: Self.origin + 700_000))?.frames == 20..<84)
      #expect(placement.place(result(of: Self.name, 7, 71))?.frames == 7..<71)
      // Its last frame would be behind the recording's.
      #expect(placement.place(result(200, 264, at: Self.origin + 2_000_000)) == nil)
      #expect(placement.place(result(of: "bed-4", 60, 124, at: Self.origin + 600_000)) == nil)
    }
  }

  /// 1000 frames in half a second, twenty times as fast as nominally, and once more while those would still last.
  @Test(arguments: [Int64(1_000_000), 5_000_000])
  func resultsOfTwoFastRunsAreEachPlacedInTheirOwn(later: Int64) throws {
    let starts = [Self.origin, Self.origin + later]
    let first = Self.blocks(10, at: starts[0], every: 50_000, run: 7)
    let second = Self.blocks(10, at: starts[1], every: 50_000, run: 8)
    try withRecordings(first + second) { folder in
      let placement = ResultPlacement(folder)
      for (recording, start) in starts.enumerated() {
        // A frame is half a millisecond.
        for frame in [0, 200, 936] {
          let place = placement.place(result(from: frame, endingAt: start + Int64(frame + 63) * 500))
          #expect(place?.recording == recording)
          #expect(place?.frames == frame..<frame + 64)
          // Counted from elsewhere.
          let other = placement.place(result(from: frame + 5000, endingAt: start + Int64(frame + 63) * 500))
          #expect(other?.recording == recording)
          #expect(other?.frames == frame..<frame + 64)
        }
      }
      // Between them nothing was recorded.
      #expect(placement.place(result(from: 5000, endingAt: starts[1] - 250_000)) == nil)
    }
  }

  @Test func aSenderWhoseClockDriftsIsFollowedByTheRecordingsClock() throws {
    // 1 % slower than nominally: 10.1 ms a frame. The daemon began to count 1000 frames later.
    try withRecordings(Self.blocks(30, at: Self.origin, every: 1_010_000)) { folder in
      let placement = ResultPlacement(folder)
      for frame in [1000, 2020, 2936] {
        let end = Self.origin + Int64(frame + 63) * 10_100
        #expect(placement.place(result(from: frame - 1000, endingAt: end))?.frames == frame..<frame + 64)
      }
      // One that ends ten frames behind the recording, and one that begins ten before it.
      #expect(placement.place(result(from: 1946, endingAt: Self.origin + 3009 * 10_100)) == nil)
      #expect(placement.place(result(from: 1946, endingAt: Self.origin + 53 * 10_100)) == nil)
    }
  }

  @Test func numbersBeyondAllRecordingsArePlacedNowhere() throws {
    let extremes = [Int.min, Int.min + 1, -1, 0, 1, Int.max - 1, Int.max]
    try withRecording { folder in
      let placement = ResultPlacement(folder)
      for (start, end) in extremes.flatMap({ start in extremes.map { (start, $0) } }) {
        for time in [Int64.min, 0, .max] {
          #expect(placement.place(result(start, end, at: time)) == nil)
        }
        let within = start >= 0 && end > start && end <= 200
        #expect(placement.place(result(of: Self.name, start, end))?.frames == (within ? start..<end : nil))
      }
    }
  }

  @Test func answersAboutOverlappingWindowsAreTheLabelsOfThoseWindows() throws {
    try withRecording { folder in
      var labelling = Labelling(folder, confidence: 0.7)
      // Windows of 64 frames from the recording's frames 0, 16, 32, 48 and 64 on; of the fourth the model is sure.
      for (index, confidence) in [Float(0.55), 0.4, 0.5, 0.9, 0.6].enumerated() {
        let start = 50 + 16 * index
        labelling.add(
          result(start, start + 64, at: Self.origin + 10_000 * Int64(start), label: "S", confidence: confidence))
      }
      // The least certain first: the second, the third, the first, and the fifth, about which nothing is said.
      let rows = DoubtTable.text(labelling.doubts).split(separator: "\n")
      let answers = zip(rows.dropFirst(), ["V", "N", "N", ""]).map { row, label in
        row.replacing(",,", with: ",\(label),", maxReplacements: 1)
      }
      // And an interval that is no window.
      let table = [String(rows[0])] + answers.map { String($0) } + ["\(Self.name),100,106,Q,,,,"]
      let path = FileManager.default.temporaryDirectory.appending(path: "answers-\(UUID().uuidString).csv")
      try Data(table.joined(separator: "\n").utf8).write(to: path)
      defer { try? FileManager.default.removeItem(at: path) }
      var corrections = Corrections()
      try corrections.add(path: path.path, recordings: folder.headers)
      let labels = try #require(labelling.labels(corrections).first).labels.labelled
      // Centres 32, 48, 64, 80 and 96; halfway between them 40, 56, 72 and 88.
      let expected = ["0-40 N", "40-56 V", "56-72 N", "72-88 S", "100-106 Q"]
      #expect(labels.map { "\($0.frames.lowerBound)-\($0.frames.upperBound) \($0.label)" } == expected)
    }
  }

  @Test func correctionsFromFarOutsideTheRecordingAreRefused() throws {
    try withRecording { folder in
      let header = try #require(folder.headers.first)
      let record = FileManager.default.temporaryDirectory.appending(path: "corrections-\(UUID().uuidString)")
      try FileManager.default.createDirectory(at: record, withIntermediateDirectories: true)
      defer { try? FileManager.default.removeItem(at: record) }
      func write(_ moment: String) throws {
        // Format 16; an annotation N (code 1) at sample 4, and the end.
        let text = "\(Self.name) 1 100 10 \(moment)\nx.dat 16 200 12 0 0 0 0 0\n"
        try Data(text.utf8).write(to: record.appending(path: "\(Self.name).hea"))
        try Data(count: 20).write(to: record.appending(path: "x.dat"))
        try Data([4, 4, 0, 0]).write(to: record.appending(path: "\(Self.name).atr"))
      }
      var corrections = Corrections()
      // Half a second after the recording's first frame, so at its frame 50.
      try write("20:02:34 26/11/2026")
      try corrections.add(path: record.appending(path: "\(Self.name).hea").path, recordings: [header])
      #expect(corrections.moments[Self.name]?.map(\.frame) == [54])
      try write("20:02:34 26/11/9026")
      #expect(throws: FileError.self) {
        try corrections.add(path: record.appending(path: "\(Self.name).hea").path, recordings: [header])
      }
    }
  }
}
