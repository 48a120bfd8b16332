import FuzzDriver

@testable import StreamIO

extension Readers {
  // Each decoder itself, as what is damaged at its start would otherwise go to that of tables.
  static let recordings = [
    recording("edf", "x.edf") { SingleRecordingFile(try EDFRecording(path: $0)) },
    recording("csv", "x.csv", seed: eventTable) { try RecordingReader.open(path: $0) },
    recording("ucr", "x.tsv", seed: "1\t0.5\t0.25\n2\t1\tNaN\n1\t3\t4\n") { try TextTableFile.open(path: $0) },
    recording("ts", "x.ts", seed: "@problemName x\n@classLabel true a b\n@data\n1,2,3:4,5,?:a\n1:2:b\n") {
      try TimeSeriesFile(path: $0)
    },
    recording("slow5", "x.slow5") { try Slow5File(path: $0) },
    recording("blow5", "x.blow5") { try Blow5File(path: $0) },
    recording("array-recording", "x.npy") { SingleRecordingFile(try NumPyRecording.open(path: $0)) },
    segments,
    Fuzzer("intervals", seeds: [Array(intervalTable.utf8)]) { bytes in
      let table = try IntervalTable(path: Scratch.write(bytes, "x.csv"))
      require(table.intervals.allSatisfy { $0.start <= $0.end && $0.start.isFinite && $0.end.isFinite }, "intervals")
    },
  ]

  /// An index without a name behind a byte order mark, and labels that begin behind the rows that are looked at first.
  private static let eventTable: String =
    "\u{FEFF},ecg,label\n" + (0..<70).map { "\($0),0.5,\($0 == 66 ? "V" : "")\n" }.joined()

  private static let intervalTable =
    "start,end,label\n0,0.5,N\n2014-04-01T10:00:00+02:00,2014-04-01T08:00:01Z,V\n1396310400000,1396310401500,N\n"

  private static func recording(
    _ name: String, _ file: String, seed: String? = nil,
    _ open: @escaping @Sendable (String) throws -> (any RecordingFile)?
  ) -> Fuzzer {
    Fuzzer(name, seeds: seed.map { [Array($0.utf8)] } ?? []) { bytes in
      if let recordings = try open(Scratch.write(bytes, file)) { try check(recordings) }
    }
  }

  /// The first recordings of a file, and frames at the beginning and the end of each.
  static func check(_ file: any RecordingFile) throws {
    var file = file
    for _ in 0..<8 {
      guard var source = try file.next() else { return }
      let header = source.header
      require(header.frameCount >= 1 && !header.channels.isEmpty, "a recording has samples")
      require(header.sampleRateHz.map { $0 > 0 && $0.isFinite } ?? true, "a rate above 0")
      check(header.annotations)
      let count = min(header.frameCount, max(1, (1 << 12) / header.channels.count))
      let samples = try source.read(frames: 0..<count)
      require(samples.count == count * header.channels.count, "samples in whole frames")
      let parts = try source.read(frames: 0..<count / 2) + source.read(frames: count / 2..<count)
      require(parts.map(\.bitPattern) == samples.map(\.bitPattern), "samples don't depend on how they are read")
      _ = try source.read(frames: max(0, header.frameCount - count)..<header.frameCount)
    }
  }

  static func check(_ annotations: [Annotation]) {
    require(annotations.allSatisfy { $0.sample >= 0 && $0.durationSamples >= 0 }, "annotations of the recording")
    require(zip(annotations, annotations.dropFirst()).allSatisfy { $0.sample <= $1.sample }, "annotations in order")
  }
}
