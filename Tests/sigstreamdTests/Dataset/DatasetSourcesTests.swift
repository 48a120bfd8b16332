import Classifier
import Foundation
import StreamIO
import Testing

@testable import sigstreamd

/// Two classes, windows of 8 every 4, and what `lines` add.
private func load(_ folder: DatasetFolder, _ lines: String...) throws -> Dataset {
  try Dataset.load(folder.write("dataset.yaml", lines.joined(separator: "\n")))
}

private func expectError(_ part: String, sourceLocation: SourceLocation = #_sourceLocation, _ body: () throws -> Void) {
  let error = #expect(throws: (any Error).self, sourceLocation: sourceLocation) { try body() }
  let description = error.map { "\($0)" } ?? ""
  #expect(description.contains(part), "expected '\(part)' in '\(description)'", sourceLocation: sourceLocation)
}

private func ramp(_ count: Int) -> [String] { (0..<count).map { "\($0)" } }

@Test func aColumnOfTextOrNumbersLabelsItsRows() throws {
  let folder = try DatasetFolder()
  let rows = (0..<20).map { "\($0),\($0 < 10 ? "walk" : "run"),\($0 < 6 ? 1 : 2)" }
  try folder.write("a.csv", "x,activity,state\n" + rows.joined(separator: "\n") + "\n")
  let base = ["recordings: [ a.csv ]", "windows: { length: 8, hop: 4 }"].joined(separator: "\n")
  let text = try load(
    folder, base, "channels: [ x ]", "labels: { from: column, column: activity, classes: [ walk, run ] }")
  // Windows at 0, 4, 8 and 12 have 8, 6, 2 and 0 rows of walk.
  #expect(text.training.labels == [0, 0, 1, 1])
  #expect(text.training.samples.prefix(3) == [0, 1, 2])
  let numbers = try load(
    folder, base, "labels: { from: column, column: state, classes: { low: [ \"1\" ], high: [ \"2\" ] } }")
  #expect(numbers.training.labels == [0, 1, 1, 1], "6, 2, 0 and 0 rows of 1")
  #expect(numbers.channels == ["x"], "the labels are no channel")
  expectError("no channel 'mood'") {
    _ = try load(folder, base, "labels: { from: column, column: mood, classes: [ a, b ] }")
  }
}

@Test func intervalsBesideARecordingLabelIt() throws {
  let folder = try DatasetFolder()
  try folder.write("a.csv", "time,x\n" + (0..<20).map { "\(Double($0) / 10),\($0)" }.joined(separator: "\n"))
  try folder.write("a.labels.csv", "start,end,label\n0,0.5,calm\n0.5,2,storm\n")
  let lines = [
    "recordings: [ a.csv ]", "windows: { length: 8, hop: 4 }",
    "labels: { from: intervals, intervals: \"{name}.labels.csv\", classes: [ calm, storm ] }",
  ].joined(separator: "\n")
  // Calm in 0..<5: of the windows at 0, 4, 8 and 12 it has 5, 1, 0 and 0 frames.
  #expect(try load(folder, lines).training.labels == [0, 1, 1, 1])
  #expect(try load(folder, lines).sampleRateHz == 10)
  try folder.write("a.labels.csv", "start_sample,end_sample,label\n0,18,calm\n")
  #expect(try load(folder, lines).training.labels == [0, 0, 0, 0])
  // As Excel's "CSV UTF-8" begins.
  try folder.write("a.labels.csv", "\u{FEFF}start,end,label\n0,0.5,calm\n0.5,2,storm\n")
  #expect(try load(folder, lines).training.labels == [0, 1, 1, 1])
  try folder.write("a.labels.csv", "begin,end,label\n0,18,calm\n")
  expectError("a.labels.csv: has the columns begin, end, label") { _ = try load(folder, lines) }
  try folder.write("a.labels.csv", "start,end,label\n2,1,calm\n")
  expectError("row 1 is no interval") { _ = try load(folder, lines) }
}

/// From 2014-04-01T00:00Z on, which is 1396310400 by date(1): the recording in milliseconds, its labels in these and as
/// dates.
@Test(arguments: [
  "1396310400000,1396310400500,calm\n1396310400500,1396310402000,storm\n",
  "2014-04-01T02:00:00+02:00,2014-04-01T02:00:00.5+02:00,calm\n2014-04-01T00:00:00.5Z,2014-04-01T00:00:02Z,storm\n",
])
func intervalsMeetARecordingThatTellsTheDate(intervals: String) throws {
  let folder = try DatasetFolder()
  let rows = (0..<20).map { "\(1_396_310_400_000 + 100 * $0),\($0)" }
  try folder.write("a.csv", "timestamp,x\n" + rows.joined(separator: "\n"))
  try folder.write("a.labels.csv", "start,end,label\n" + intervals)
  let dataset = try load(
    folder, "recordings: [ a.csv ]", "windows: { length: 8, hop: 4 }",
    "labels: { from: intervals, intervals: \"{name}.labels.csv\", classes: [ calm, storm ] }")
  #expect(dataset.training.labels == [0, 1, 1, 1], "calm in 0..<5")
  #expect(dataset.sampleRateHz == 10)
}

@Test func secondsAreFramesOfTheRateThatTheDatasetGives() throws {
  let folder = try DatasetFolder()
  try folder.write("a.csv", "x\n" + ramp(20).joined(separator: "\n"))
  try folder.write("a.labels.csv", "start,end,label\n0,0.5,calm\n0.5,2,storm\n")
  let lines = [
    "recordings: [ a.csv ]", "windows: { length: 8, hop: 4 }",
    "labels: { from: intervals, intervals: \"{name}.labels.csv\", classes: [ calm, storm ] }",
  ].joined(separator: "\n")
  #expect(try load(folder, lines, "sampleRate: 10").training.labels == [0, 1, 1, 1], "calm in 0..<5")
  #expect(try load(folder, lines, "sampleRate: 20").training.labels == [0, 0, 1, 1], "calm in 0..<10")
  expectError("give one with 'sampleRate'") { _ = try load(folder, lines) }
}

@Test func foldersAndFileNamesLabelAndGroup() throws {
  let folder = try DatasetFolder()
  for name in ["normal/1", "normal/2", "fault/1", "fault/2"] {
    try folder.write("\(name).csv", "x\n" + ramp(8).joined(separator: "\n"))
  }
  let windows = "windows: { length: 8, at: start }"
  let byFolder = try load(
    folder, "recordings: [ \"*/*.csv\" ]", windows, "labels: { from: folder, classes: [ normal, fault ] }",
    "group: { from: file }", "split: { test: [ \"2\" ] }")
  #expect(byFolder[.training].records == ["fault/1", "normal/1"])
  #expect(byFolder.training.labels == [1, 0])
  #expect(byFolder.test.labels == [1, 0])
  #expect(Set(byFolder[.test].groups.values) == ["2"])
  for name in ["7_jackson_0", "7_lucas_0", "3_lucas_1"] {
    try folder.write("digits/\(name).csv", "x\n" + ramp(8).joined(separator: "\n"))
  }
  let byFile = try load(
    folder, "recordings: [ \"digits/*.csv\" ]", windows,
    "labels: { from: file, pattern: \"^([0-9])_\", classes: [ \"3\", \"7\" ] }",
    "group: { from: file, pattern: \"_([a-z]+)_\" }", "split: { validation: [ \"luc*\" ] }")
  #expect(byFile.training.labels == [1])
  #expect(byFile.validation.labels == [0, 1])
  expectError("no group is named 'lukas': did you mean 'lucas'?") {
    _ = try load(
      folder, "recordings: [ \"digits/*.csv\" ]", windows, "labels: { from: folder, classes: [ a, b ] }",
      "group: { from: file, pattern: \"_([a-z]+)_\" }", "split: { test: [ lukas ] }")
  }
}

@Test func seriesAreWindowsPaddedToTheLength() throws {
  let folder = try DatasetFolder()
  try folder.write("Set_TRAIN.tsv", "1\t0.5\t1\t2\n2\t3\t4\tNaN\n1\t6\t7\t8\n")
  try folder.write("Set_TEST.tsv", "2\t0.5\t1\t9\n1\t1\t2\t3\n2\t4\t4\t4\n")
  let dataset = try load(
    folder, "recordings: [ \"Set_*.tsv\" ]", "windows: { length: 8, at: start }",
    "labels: { from: series, classes: [ \"1\", \"2\" ] }", "split: { test: [ Set_TEST ] }")
  #expect(dataset.training.labels == [0, 1, 0])
  #expect(dataset.training.valid == [3, 2, 3])
  #expect(dataset.training.samples.prefix(16) == [0.5, 1, 2, 0, 0, 0, 0, 0, 3, 4, 0, 0, 0, 0, 0, 0])
  #expect(dataset.test.labels == [1, 0, 1])
  #expect(dataset[.test].sources.map(\.record) == ["Set_TEST-0", "Set_TEST-1", "Set_TEST-2"])
  #expect(dataset.sampleRateHz == 0)
}

@Test func windowsSitAtEvents() throws {
  let folder = try DatasetFolder()
  try folder.record("a", samples: Array(0..<30), annotations: [(2, 1), (9, 5), (12, 28), (20, 1), (29, 5)])
  let dataset = try load(
    folder, "recordings: [ a.hea ]", "windows: { length: 8, at: events, offset: -3 }",
    "labels: { classes: { N: [ N ], V: [ V ] } }")
  // The first would begin before the recording, the last end behind it; "+" is no class.
  #expect(dataset[.training].sources.map(\.startSample) == [6, 17])
  #expect(dataset.training.labels == [1, 0])
  #expect(dataset.training.samples.prefix(2) == [6, 7])
}

@Test func sharesOfGroupsAreDrawnByTheSeed() throws {
  let folder = try DatasetFolder()
  for index in 0..<10 {
    try folder.record("r\(index)", samples: Array(0..<8), annotations: [(2, index % 2 == 0 ? 1 : 5)])
  }
  func split(_ seed: Int) throws -> [[String]] {
    let dataset = try load(
      folder, "recordings: [ \"*.hea\" ]", "windows: { length: 8 }", "labels: { classes: { N: [ N ], V: [ V ] } }",
      "split: { validation: 0.2, test: 0.3, seed: \(seed) }")
    return DatasetPart.allCases.map { dataset[$0].records }
  }
  let first = try split(1)
  #expect(first.map(\.count) == [5, 2, 3])
  #expect(Set(first.joined()).count == 10, "each in one part")
  #expect(try split(1) == first)
  #expect(try (2..<6).contains { try split($0) != first })
}

@Test(arguments: [
  ("labels: { from: column, classes: [ a, b ] }", "the key 'column' is missing"),
  ("labels: { from: folder, annotator: apn, classes: [ a, b ] }", "'annotator' doesn't go with 'from: folder'"),
  ("labels: { column: x, classes: [ a, b ] }", "'column' doesn't go with 'from: annotations'"),
  ("labels: { from: file, pattern: \"(\", classes: [ a, b ] }", "no regular expression"),
  ("labels: { from: class, classes: [ a, b ] }", "series"),
  ("labels: { classes: [ a, b ] }\nwindows: { length: 8, offset: 1 }", "'at: events' or 'at: start'"),
  ("labels: { classes: [ a, b ] }\nwindows: { length: 8, hop: 4, at: start }", "no hop"),
  ("labels: { classes: [ a, b ] }\nsplit: { test: 0.95, seed: 1 }", "0.9"),
  ("labels: { classes: [ a, b ] }\nsplit: { test: 0.2 }", "a list"),
  ("labels: { classes: [ a, b ] }\ngroup: { from: patient }", "file, folder"),
  ("labels: { classes: [ a, b ] }\nsampleRate: 0", "sampleRate"),
])
func mistakesInTheseKeysAreTold(lines: String, message: String) throws {
  let folder = try DatasetFolder()
  let windows = lines.contains("windows:") ? [] : ["windows: { length: 8 }"]
  expectError(message) {
    _ = try DatasetFile.read(
      path: folder.write("dataset.yaml", (["recordings: [ a ]", lines] + windows).joined(separator: "\n")))
  }
}

@Test func showCountsAndWarns() throws {
  let folder = try DatasetFolder()
  try folder.record("a", samples: Array(0..<20), annotations: [(2, 1), (9, 5), (10, 5), (17, 1)])
  try folder.record("b", samples: Array(0..<8), annotations: [(2, 1), (3, 8)])
  try folder.record("c", rate: 50, samples: Array(0..<8), annotations: [(2, 1)])
  var broken: [String] = []
  let file = try DatasetFile.read(path: folder.dataset("split: { test: [ b ] }"))
  let dataset = try Dataset(file) { broken.append("\($0)") }
  let text = DatasetReport(dataset: dataset, broken: broken).text
  let lines = text.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
  for line in [
    "CLASS TRAINING TEST", "N 2 1", "V 2 0", "files 1 1", "a training 2 2", "b test 1 0",
    "- class V is in one group only (a): a model may learn the group instead, add another",
    "- 1 of 1 test windows are also in the training part: its figures will flatter",
    "- labels that stand for no class: A 1",
  ] {
    #expect(lines.contains(line), "no line '\(line)' in\n\(text)")
  }
  #expect(broken.count == 1 && broken[0].contains("c.hea: has 50 samples a second"))
}

@Test func ratesThatDifferByClassAreTold() throws {
  let folder = try DatasetFolder()
  try folder.record("a", rate: 100, samples: Array(0..<80), annotations: [(2, 1)])
  try folder.record("b", rate: 200, samples: Array(0..<160), annotations: [(4, 5)])
  func warnings(_ lines: String...) throws -> [String] {
    let path = try folder.dataset((["resample: 50Hz"] + lines).joined(separator: "\n"))
    return DatasetReport(dataset: try Dataset.load(path), broken: []).warnings
  }
  let warning = "classes were recorded at other rates (N of 100 Hz, V of 200 Hz): a model may learn the rate instead"
  #expect(try warnings().contains(warning))
  try folder.record("c", rate: 200, samples: Array(0..<160), annotations: [(4, 1)])
  try folder.record("d", rate: 100, samples: Array(0..<80), annotations: [(2, 5)])
  #expect(try !warnings().contains { $0.contains("rates") })
}

/// In MIT-BIH's record 119 the rhythms "(N", "(B" and "(T" are marked by "+", as the package wfdb reads it; beats are of a
/// moment.
@Test func rhythmsLastUntilTheNext() throws {
  let example = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../../../examples/ecg/119")
    .standardized
  let source = try RecordingReader.openSingle(path: example.path)
  let header = source.header
  let spans = try LabelSource.text(annotator: nil).spans(
    of: source, sampleRateHz: header.sampleRateHz, named: header.name)
  #expect(spans.map(\.start) == header.annotations.map(\.sample))
  let rhythms = zip(header.annotations, spans).filter { $0.0.symbol == "+" }.map(\.1)
  #expect(Set(rhythms.map(\.label)) == ["(N", "(B", "(T"])
  #expect(rhythms.map(\.end) == rhythms.dropFirst().map(\.start) + [header.frameCount])
  #expect(zip(header.annotations, spans).allSatisfy { $0.0.symbol == "+" || $0.1.end == $0.1.start + 1 })
}

@Test func namesThatCollideHaveTheirFolders() throws {
  let folder = try DatasetFolder()
  for name in ["S01/walk", "S02/walk", "S02/run"] {
    try folder.write("\(name).csv", "x\n" + ramp(8).joined(separator: "\n"))
  }
  let lines = [
    "recordings: [ \"*/*.csv\", S01/walk.csv ]", "windows: { length: 8, at: start }",
    "labels: { from: file, classes: [ walk, run ] }",
  ].joined(separator: "\n")
  #expect(try load(folder, lines)[.training].records == ["S01/walk", "run", "S02/walk"], "each once")
  let grouped = try load(folder, lines, "group: { from: folder }", "split: { test: [ S02 ] }")
  #expect(grouped[.training].records == ["S01/walk"])
  #expect(grouped[.test].records == ["S02/run", "S02/walk"])
}

@Test func endingsTellFilesOfOneFolderApart() throws {
  let folder = try DatasetFolder()
  for name in ["run.001", "run.002", "still.csv"] {
    try folder.write(name, "x\n" + ramp(8).joined(separator: "\n"))
  }
  try folder.record("jump", samples: Array(0..<8), annotations: nil)
  let dataset = try load(
    folder, "recordings: [ \"run.*\", still.csv, \"jump.*\" ]", "sampleRate: 100",
    "windows: { length: 8, at: start }", "channels: [ \"0\" ]",
    "labels: { from: file, classes: { move: [ run, jump ], rest: [ still ] } }")
  #expect(dataset[.training].records.sorted() == ["jump", "run.001", "run.002", "still"])
}

@Test func aTableOfSeveralRecordingsLabelsEachByItsRows() throws {
  let folder = try DatasetFolder()
  for name in ["a", "b", "c"] { try folder.write("\(name).csv", "x\n" + ramp(8).joined(separator: "\n")) }
  try folder.write("d/c.csv", "x\n" + ramp(8).joined(separator: "\n"))
  let rows = "0,8,calm,a\n0,8,storm,b\n0,8,storm,d/c\n"
  let lines = "windows: { length: 8 }\nlabels: { from: intervals, intervals: labels.txt, classes: [ calm, storm ] }"
  try folder.write("labels.txt", "start_sample,end_sample,label,recording\n" + rows)
  try folder.write("d/labels.txt", "start_sample,end_sample,label,recording\n" + rows)
  let dataset = try load(folder, "recordings: [ a.csv, b.csv, c.csv, d/c.csv ]", lines)
  #expect(dataset[.training].sources.map(\.record) == ["a", "b", "d/c"], "no row is about c")
  #expect(dataset.training.labels == [0, 1, 1])
  // A row that says nothing is about each.
  try folder.write("labels.txt", "start_sample,end_sample,label,recording\n0,8,calm,\n")
  #expect(try load(folder, "recordings: [ a.csv, b.csv ]", lines).training.labels == [0, 0])
}

/// Files of two annotators beside a record whose own annotations say something else, and one by the name of a table.
@Test func anAnnotatorsFileLabelsARecording() throws {
  let folder = try DatasetFolder()
  try folder.record("other", samples: Array(0..<16), annotations: [(0, 1), (8, 5)])
  try folder.record("a", samples: Array(0..<16), annotations: [(0, 5), (8, 5)])
  try folder.write("a.apn", [UInt8](try Data(contentsOf: URL(filePath: "\(folder.path)/other.atr"))))
  let lines = "recordings: [ a.hea ]\nwindows: { length: 8, at: events, offset: 0 }"
  func labels(_ annotator: String) throws -> [Int] {
    try load(folder, lines, "labels: { \(annotator) classes: { N: [ N ], V: [ V ] } }").training.labels
  }
  #expect(try labels("") == [1, 1])
  #expect(try labels("annotator: atr,") == [1, 1])
  #expect(try labels("annotator: apn,") == [0, 1])
  expectError("has no annotation file 'a.st' or 'a.hea.st' beside it") { _ = try labels("annotator: st,") }
  try folder.write("b.csv", "x\n" + ramp(16).joined(separator: "\n"))
  try folder.write("b.csv.apn", [UInt8](try Data(contentsOf: URL(filePath: "\(folder.path)/other.atr"))))
  let table = ["recordings: [ b.csv ]", "windows: { length: 8, at: events, offset: 0 }"].joined(separator: "\n")
  let source = "labels: { annotator: apn, classes: { N: [ N ], V: [ V ] } }"
  #expect(try load(folder, table, source, "sampleRate: 100").training.labels == [0, 1])
  expectError("give one with 'sampleRate'") { _ = try load(folder, table, source) }
}

/// As `rates.atr`, of which the readers' tests know the samples, counts frames of 100 Hz in a record of 300 Hz.
@Test func anAnnotatorsFileCountsFrames() throws {
  let fixtures = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "StreamIOTests/Fixtures/recordings")
  let source = try RecordingReader.openSingle(path: fixtures.appending(path: "rates.hea").path)
  let spans = try LabelSource.annotations(annotator: "atr").spans(of: source, sampleRateHz: 300, named: "rates")
  #expect(spans.map(\.start) == [15, 33])
}
