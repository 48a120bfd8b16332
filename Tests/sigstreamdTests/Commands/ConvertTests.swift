import ArgumentParser
import Foundation
import StreamIO
import Testing

@testable import sigstreamd

/// A file of the readers' tests, which pyedflib wrote.
private let night = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
  .deletingLastPathComponent().appending(path: "StreamIOTests/Fixtures/recordings/two.edf").path

private func convert(_ arguments: String...) throws {
  let command = try Convert.parse(arguments)
  try command.run()
}

@Test func aPartOfSomeChannelsIsWritten() throws {
  let folder = try DatasetFolder()
  let output = "\(folder.path)/part.npy"
  try convert(night, output, "--channels", "Resp,0", "--from", "1s", "--to", "3500ms")
  let whole = try RecordingReader.read(path: night)
  let part = try RecordingReader.read(path: output)
  let expected = (20..<70).flatMap { [whole.samples[2 * $0 + 1], whole.samples[2 * $0]] }
  #expect(part.samples == expected)
  let labels = try IntervalTable(path: "\(folder.path)/part.labels.csv")
  // Sleep stage W lasts from 0.5 s to 1.75 s of the file, of which the part has 15 samples.
  let (stage, arousal) = (
    IntervalTable.Interval(start: 0, end: 15, label: "Sleep stage W"),
    IntervalTable.Interval(start: 40, end: 41, label: "µ-arousal")
  )
  #expect(labels.intervals == [stage, arousal])
}

@Test(arguments: ["hea", "csv", "edf"])
func whatIsWrittenIsReadAgain(format: String) throws {
  let folder = try DatasetFolder()
  try convert(night, "\(folder.path)/out.\(format)")
  let (before, after) = (
    try RecordingReader.read(path: night), try RecordingReader.read(path: "\(folder.path)/out.\(format)")
  )
  #expect(after.sampleRateHz == before.sampleRateHz)
  #expect(after.channels == before.channels)
  // 350 µV in 16 bits.
  #expect(zip(before.samples, after.samples).allSatisfy { abs($0 - $1) <= 360 / 65535 })
  guard format != "csv" else { return }
  #expect(after.header.startMicroseconds == before.header.startMicroseconds)
  #expect(after.annotations.map(\.auxiliary) == before.annotations.map(\.auxiliary))
  #expect(after.annotations.map(\.sample) == before.annotations.map(\.sample))
}

/// A WFDB record is three files, and named by any of them, or without a suffix.
@Test(arguments: ["out", "out.hea", "out.dat"])
func aRecordIsNotReplacedByAPartOfItself(input: String) throws {
  let folder = try DatasetFolder()
  try convert(night, "\(folder.path)/out.hea")
  let files = ["hea", "dat", "atr"].map { "\(folder.path)/out.\($0)" }
  let before = try files.map { try Data(contentsOf: URL(filePath: $0)) }
  #expect(throws: CommandFailure.self) {
    try convert("\(folder.path)/\(input)", "\(folder.path)/out.hea", "--channels", "0")
  }
  #expect(try files.map { try Data(contentsOf: URL(filePath: $0)) } == before)
  #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path).count == 3)
}

@Test func segmentsKeepSamplesTimeAndAnnotations() throws {
  let folder = try DatasetFolder()
  let output = "\(folder.path)/out/"
  try convert(night, output, "--from", "1s")
  // The file begins at 2021-03-04T05:06:07.
  let path = "\(folder.path)/out/two-20210304T050608"
  let (before, after) = (try RecordingReader.read(path: night), try RecordingReader.read(path: path))
  #expect(after.samples == Array(before.samples[40...]))
  #expect(after.sampleRateHz == 20)
  #expect(after.channels == [.init(name: "0", units: "uV"), .init(name: "1", units: "uV")])
  #expect(after.header.startMicroseconds == 1_614_834_368_000_000)
  #expect(after.header.stream == StreamPlace(stream: "two", epoch: 0, firstFrame: 0))
  let labels = try IntervalTable(path: "\(path).labels.csv")
  // Sleep stage W lasts from 0.5 s to 1.75 s of the file, of which the part has 15 samples.
  let (stage, arousal) = (
    IntervalTable.Interval(start: 0, end: 15, label: "Sleep stage W"),
    IntervalTable.Interval(start: 40, end: 41, label: "µ-arousal")
  )
  #expect(labels.intervals == [stage, arousal])
  #expect(throws: FileError.self) { try convert(night, output, "--from", "1s") }
  // Another stands beside it; the folder is there and needs no slash.
  try convert("\(folder.path)/out/two-20210304T050608", String(output.dropLast()), "--from", "2s", "--channels", "1")
  let second = try RecordingReader.read(path: "\(folder.path)/out/two-20210304T050610")
  #expect(second.samples == before.samples[120...].enumerated().filter { $0.offset % 2 == 1 }.map(\.element))
}

@Test func aLongRecordingWithGapsIsTheSameInSegments() throws {
  let folder = try DatasetFolder()
  // More than blocks of one sync, and not a whole number of blocks.
  let samples = (0..<1_200_000).map { $0 % 1000 == 7 ? Float.nan : Float($0) }
  try NumPyArray(shape: [240_000, 5], floats: samples).write(path: "\(folder.path)/a.npy")
  try convert("\(folder.path)/a.npy", "\(folder.path)/out/", "--sample-rate", "250")
  let after = try RecordingReader.read(path: "\(folder.path)/out/a-19700101T000000")
  #expect(after.samples.map(\.bitPattern) == samples.map(\.bitPattern))
  #expect(after.header.damage == nil)
}

@Test func whatCanNotBeReadToItsEndLeavesNoSegments() throws {
  let folder = try DatasetFolder()
  // The last row is looked at only when it is converted.
  let rows = (0..<5000).map { "\(Double($0) / 100),\($0 == 4999 ? "x" : "1")\n" }
  try folder.write("a.csv", Array(("time,ecg\n" + rows.joined()).utf8))
  #expect(throws: FileError.self) { try convert("\(folder.path)/a.csv", "\(folder.path)/out/") }
  #expect(SegmentFolder.files(in: "\(folder.path)/out").isEmpty)
}

/// Rows of delimiters alone at the end of a table are none.
@Test func rowsOfMissingSamplesAreNotLostInATable() throws {
  let folder = try DatasetFolder()
  let (array, output) = ("\(folder.path)/a.npy", "\(folder.path)/a.csv")
  try NumPyArray(shape: [3, 2], floats: [.nan, .nan, 1, .nan, .nan, .nan]).write(path: array)
  try convert(array, output)
  #expect(try String(contentsOfFile: output, encoding: .utf8) == "0,1\nnan,\n1.0,\nnan,\n")
  let read = try RecordingReader.read(path: output)
  #expect(read.frameCount == 3)
  #expect(read.samples.map(\.isNaN) == [true, true, false, true, true, true])
}

@Test func annotationsSurviveWFDB() throws {
  let folder = try DatasetFolder()
  try folder.record("a", samples: Array(0..<5000), annotations: [(2, 1), (1100, 5), (4999, 8)])
  try convert("\(folder.path)/a", "\(folder.path)/b.hea")
  let (before, after) = (
    try RecordingReader.read(path: "\(folder.path)/a"), try RecordingReader.read(path: "\(folder.path)/b")
  )
  #expect(after.annotations == before.annotations)
  // Half a step of 24 bits for a peak of 4999, and half a unit of float32 there.
  #expect(zip(before.samples, after.samples).allSatisfy { abs($0 - $1) <= 4999 / 8_388_607 })
}

/// Rhythms at 10, 40 and 70, each of 30 or more samples, and a beat at 20: a part from 50 on begins in the second.
@Test(arguments: ["csv", "hea"])
func theRhythmThatHoldsAtACutIsKept(format: String) throws {
  let folder = try DatasetFolder()
  try folder.record("a", samples: Array(0..<100), annotations: nil)
  // Of annot(5): code 28 "+" and code 1 "N" with the samples since the annotation before, 63 with the length of a text.
  func mark(_ interval: UInt8, _ text: String) -> [UInt8] { [interval, 28 << 2, 2, 63 << 2] + Array(text.utf8) }
  let marks: [[UInt8]] = [mark(10, "(N"), [10, 1 << 2], mark(20, "(B"), mark(30, "(T"), [0, 0]]
  try folder.write("a.atr", marks.flatMap { $0 })
  try convert("\(folder.path)/a", "\(folder.path)/b.\(format)", "--from", "500ms", "--to", "900ms")
  if format == "csv" {
    let labels = try IntervalTable(path: "\(folder.path)/b.labels.csv").intervals
    #expect(labels == [.init(start: 0, end: 20, label: "(B"), .init(start: 20, end: 40, label: "(T")])
  } else {
    let annotations = try RecordingReader.read(path: "\(folder.path)/b").annotations
    #expect(annotations.map(\.sample) == [0, 20])
    #expect(annotations.map(\.auxiliary) == ["(B", "(T"])
  }
}

/// An EDF+ file by its specification (edfplus.info): a header of 256 bytes and 256 for its only signal, which holds
/// annotations, and a data record of 120 bytes. The stages are those that SC4001EC-Hypnogram.edf of Sleep-EDF begins with.
private func hypnogram() -> [UInt8] {
  func fields(_ texts: [(text: String, width: Int)]) -> [UInt8] {
    texts.flatMap { Array($0.text.utf8) + [UInt8](repeating: 0x20, count: $0.width - $0.text.utf8.count) }
  }
  let header = fields([
    ("0", 8), ("X X X X", 80), ("Startdate 24-APR-1989 X X X", 80), ("24.04.89", 8), ("16.13.00", 8), ("512", 8),
    ("EDF+C", 44), ("1", 8), ("0", 8), ("1", 4), ("EDF Annotations", 16), ("", 80), ("", 8), ("-1", 8), ("1", 8),
    ("-32768", 8), ("32767", 8), ("", 80), ("60", 8), ("", 32),
  ])
  let lists =
    "+0\u{14}\u{14}\0+0\u{15}30630\u{14}Sleep stage W\u{14}\0+30630\u{15}120\u{14}Sleep stage 1\u{14}\0"
    + "+30750\u{15}390\u{14}Sleep stage 2\u{14}\0"
  return header + Array(lists.utf8) + [UInt8](repeating: 0, count: 120 - lists.utf8.count)
}

@Test func aHypnogramBecomesATableOfIntervals() throws {
  let folder = try DatasetFolder()
  let (file, table) = ("\(folder.path)/hypnogram.edf", "\(folder.path)/night.labels.csv")
  try folder.write("hypnogram.edf", hypnogram())
  try convert(file, table)
  let labels = try IntervalTable(path: table)
  #expect(!labels.isInFrames)
  #expect(
    labels.intervals == [
      .init(start: 0, end: 30630, label: "Sleep stage W"), .init(start: 30630, end: 30750, label: "Sleep stage 1"),
      .init(start: 30750, end: 31140, label: "Sleep stage 2"),
    ])
  #expect(throws: CommandFailure.self) { try convert(file, table, "--from", "1s") }
  let error = #expect(throws: FileError.self) { _ = try RecordingReader.read(path: file) }
  #expect(error?.message.contains("'sigstreamd convert \(file) NAME.labels.csv'") == true)
}

@Test func whatCanNotBeConvertedIsTold() throws {
  let folder = try DatasetFolder()
  let array = "\(folder.path)/a.npy"
  try NumPyArray(shape: [3], floats: [1, 2, 3]).write(path: array)
  func expectFailure(_ part: String, _ arguments: String...) {
    let error = #expect(throws: (any Error).self) {
      let command = try Convert.parse(arguments)
      try command.run()
    }
    let text = error.map { CommandOutcome(error: $0).output } ?? ""
    #expect(text.contains(part), "expected '\(part)' in '\(text)'")
  }
  expectFailure("has to end in one of .hea", array, "\(folder.path)/a.xyz")
  expectFailure(".wav, /", array, "\(folder.path)/a")
  expectFailure("give --sample-rate", array, "\(folder.path)/a.hea")
  expectFailure("segments need a rate", array, "\(folder.path)/segments/")
  expectFailure("give --sample-rate", array, "\(folder.path)/a.csv", "--from", "1s")
  expectFailure("is given for two files", array, array)
  expectFailure(
    "has no samples there, it is 0.3 s", array, "\(folder.path)/b.npy", "--from", "1s", "--sample-rate", "10")
  expectFailure("leave --sample-rate out", night, "\(folder.path)/b.npy", "--sample-rate", "10")
  expectFailure("no channel '7'", array, "\(folder.path)/b.npy", "--channels", "7")
}

@Test(.enabled(if: PythonScript.interpreter != nil, PythonScript.absence))
func otherLibrariesReadWhatIsWritten() async throws {
  let folder = try DatasetFolder()
  let recording = try RecordingReader.read(path: night)
  try NumPyArray(shape: [recording.frameCount, 2], floats: recording.samples).write(path: "\(folder.path)/expected.npy")
  for output in ["out.hea", "out.npy", "out.csv", "out.edf", "out.wav", "segments/"] {
    try convert(night, "\(folder.path)/\(output)")
  }
  let result = try await PythonScript.run("convert/read_back.py", [folder.path])
  #expect(result.code == 0, "\(result.output)")
}

/// The way to POD5 that docs/formats.md tells; `tools/test-formats` installs what it needs.
@Test(.enabled(if: ProcessInfo.processInfo.environment["TESTS_POD5"] != nil, "tools/test-formats runs it"))
func pod5IsReadByWayOfSLOW5() async throws {
  let result = try await PythonScript.run("convert/pod5_reads.py", ["--sigstreamd", try PythonScript.daemonPath()])
  #expect(result.code == 0, "\(result.output)")
}
