import Testing

@testable import StreamIO

private func table(_ text: String) throws -> Recording {
  let folder = try TemporaryFolder()
  return try RecordingReader.read(path: folder.write("table.csv", text))
}

/// As pandas writes `DataFrame([[0.25, 0.5], [0.125, -1.0]])`: by `to_csv()`, with an index named time, by `index=False`
/// and by `header=False, index=False`; then a table as Excel saves it, with and without a row of units.
@Test(arguments: [
  (",0,1\n0,0.25,0.5\n1,0.125,-1.0\n", ["0", "1"]), ("time,0,1\n0.0,0.25,0.5\n0.5,0.125,-1.0\n", ["0", "1"]),
  ("0,1\n0.25,0.5\n0.125,-1.0\n", ["0", "1"]), ("0.25,0.5\n0.125,-1.0\n", ["0", "1"]),
  ("Time;1;2\r\n0;0,25;0,5\r\n0,5;0,125;-1\r\n", ["1", "2"]),
  ("Time;1;2\r\ns;mV;mV\r\n0;0,25;0,5\r\n0,5;0,125;-1\r\n", ["1", "2"]),
])
func numbersMayBeNames(text: String, names: [String]) throws {
  let read = try table(text)
  #expect(read.channels.map(\.name) == names)
  #expect(read.samples == [0.25, 0.5, 0.125, -1])
  #expect(read.sampleRateHz == (text.lowercased().hasPrefix("time") ? 2 : nil))
  #expect(read.header.textColumns.isEmpty)
}

/// Rows as NumPy's `savetxt` writes them by `fmt="%d"` and `"%g"`, the last ones a time and its cosine; "1.0" tells that a
/// writer would have written 0 as "0.0".
@Test(arguments: [
  ("0,1\n1,0\n0,1\n", 3), ("0,1,2\n3,4,5\n", 2), ("0,1\n0.3,1\n0.1,0\n", 3), ("0,1\n0.5,0.878\n0.75,0.732\n", 3),
  ("0,1\n1.0,0.5\n2.0,0.25\n", 2), (",0\n,0.5\n0.5,1\n", 3),
])
func numbersThatMayBeSamplesAreSamples(text: String, rows: Int) throws {
  #expect(try table(text).frameCount == rows)
}

/// As NumPy's `savetxt` writes `header="measured by hand\ntime,ecg"`, and with `comments="% "`.
@Test(arguments: ["# measured by hand\n# time,ecg (mV)\n", "% time,ecg (mV)\n", "\r\n#time,ecg (mV)\r\n\r\n"])
func theLastCommentIsTheHeaderWhereThereIsNoOther(comments: String) throws {
  let read = try table(comments + "0.0,1\n0.004,2\n0.008,3\n")
  #expect(read.channels == [.init(name: "ecg", units: "mV")])
  #expect(read.sampleRateHz == 250)
  #expect(read.samples == [1, 2, 3])
}

@Test(arguments: ["# three, not, two\n", "# 1,2\n", "# time,\n", "# time,ecg\nx,y\n"])
func otherCommentsAreNoHeader(comments: String) throws {
  let read = try table(comments + "0.5,1\n0.25,2\n# time,ecg\n0.75,3\n")
  #expect(read.samples == [0.5, 1, 0.25, 2, 0.75, 3])
  #expect(read.channels.map(\.name) == (comments.contains("x,y") ? ["x", "y"] : ["0", "1"]))
}

/// Steps of 4 of each unit, by hand.
@Test(
  arguments: [
    ("ms", 250.0), ("msec", 250), ("Milliseconds", 250), ("us", 250e3), ("\u{B5}s", 250e3), ("\u{3BC}s", 250e3),
    ("usec", 250e3), ("microseconds", 250e3), ("ns", 250e6), ("nsec", 250e6), ("s", 0.25), ("sec", 0.25),
    ("seconds", 0.25), ("min", 1.0 / 240), ("minutes", 1.0 / 240), ("h", 1.0 / 14400), ("hours", 1.0 / 14400),
    ("samples", nil), ("a.u.", nil),
  ] as [(String, Double?)])
func theUnitOfTimesGivesTheRate(unit: String, rate: Double?) throws {
  let read = try table("time (\(unit)),ecg\n0,1\n4,2\n8,3\n12,4\n")
  #expect(read.samples == [1, 2, 3, 4])
  #expect((read.sampleRateHz == nil) == (rate == nil))
  if let rate { #expect(abs((read.sampleRateHz ?? 0) - rate) <= 1e-9 * rate) }
}

@Test func theUnitOfDatesIsNoneOfTime() throws {
  let read = try table("time (UTC),ecg\n2014-04-01 10:00:00,1\n2014-04-01 10:00:02,2\n")
  #expect(read.sampleRateHz == 0.5)
}

/// Headers and rows as PhysioNet exports records as CSV; the later times by hand.
@Test(arguments: [
  "'Elapsed time','MLII'\n'hh:mm:ss.mmm','mV'\n'0:00.000',-0.145\n'0:00.003',-0.145\n'0:00.006',-0.12\n",
  "'Elapsed time','MLII'\n'mm:ss.mmm','mV'\n0:59.998,-0.145\n1:00.001,-0.145\n1:00.004,-0.12\n",
  "'Time','MLII'\n'hh:mm:ss.mmm','mV'\n13:59:59.998,-0.145\n14:00:00.001,-0.145\n14:00:00.004,-0.12\n",
])
func timesOfDayAreTimes(text: String) throws {
  let read = try table(text)
  #expect(read.channels == [.init(name: "MLII", units: "mV")])
  #expect(read.samples == [-0.145, -0.145, -0.12])
  // Three thousandths of a second from row to row.
  #expect(abs((read.sampleRateHz ?? 0) - 1000.0 / 3) < 1e-3)
  #expect(read.header.startMicroseconds == nil && read.header.textColumns.isEmpty)
}

@Test(arguments: [("13:45:33.123", 49533.123), ("0:00.004", 0.004), ("75:30.5", 4530.5), ("23:59:59", 86399.0)])
func timesWithinADayAreSeconds(text: String, seconds: Double) throws {
  let read = try #require(TextTime.seconds(text, decimal: 0x2E))
  #expect(abs(read - seconds) < 1e-9)
}

/// Conduction of 2:1 is a label of ECG.
@Test(arguments: ["2:1", "24:00:00", "1:60.0", "0:60:00", "-1:00", "1:2:3:4", "1:-2", "nan:00", ":00", "12:"])
func otherTextWithColonsIsNoTime(text: String) {
  #expect(TextTime.seconds(text, decimal: 0x2E) == nil)
}

/// 250 Hz, by hand, with a pause of ten seconds behind the tenth row and a missing time.
@Test func pausesDoNotChangeTheRate() throws {
  let rows = (0..<20).map { row in
    row == 5 ? ",5\n" : "\(Double(row) * 0.004 + (row < 10 ? 0 : 10)),\(row)\n"
  }
  #expect(try table("time,ecg\n" + rows.joined()).sampleRateHz == 250)
}

/// As pandas writes rows of NaN, by `sep=","`, `";"` and `"\t"`: also the first one, and one behind the first 4096.
@Test(arguments: [",", ";", "\t"])
func rowsWithoutAValueAreMissingSamples(delimiter: String) throws {
  let gaps = [0, 3, 4, 4095, 4096, 4999]
  let rows = (0..<5001).map { gaps.contains($0) ? delimiter : "\($0).5\(delimiter)1.0" }
  let read = try table((["a\(delimiter)b"] + rows).joined(separator: "\n") + "\n")
  #expect(read.frameCount == 5001)
  let expected = (0..<5001).flatMap { row -> [Float] in gaps.contains(row) ? [.nan, .nan] : [Float(row) + 0.5, 1] }
  #expect(isSame(read.samples, expected))
}

/// Empty rows of the sheet, as Excel saves them.
@Test func rowsWithoutAValueAroundTheTableAreNone() throws {
  let read = try table(";;\r\n;;\r\ntime;a;b\r\n0;1;2\r\n;;\r\n1;3;4\r\n;;\r\n;;\r\n")
  #expect(read.channels.map(\.name) == ["a", "b"])
  #expect(isSame(read.samples, [1, 2, .nan, .nan, 3, 4]))
}

/// Blanks and other delimiters alone are a blank line.
@Test func blankLinesAreNoRows() throws {
  #expect(try table("a,b\n1,2\n\n  \n\t\n;\n3,4\n").samples == [1, 2, 3, 4])
  #expect(try table("a\n1\n\t\n2\n").samples == [1, 2])
}

@Test func aRowWithTooFewDelimitersIsRefused() {
  expectFileError("row 2", "has 2 of 3 columns") { _ = try table("a,b,c\n1,2,3\n,\n4,5,6\n") }
}

/// Ten rows 0.1 ms apart each 100 ms, as a logger writes that stamps rows when a packet comes: 100 rows a second, less the
/// last packet's wait: 99 intervals in 0.9009 s.
@Test func burstsAreNoPauses() throws {
  let rows = (0..<100).map { "\(Double($0 / 10) * 0.1 + Double($0 % 10) * 1e-4),\($0 + 5)" }
  let read = try table("time,ecg\n" + rows.joined(separator: "\n") + "\n")
  #expect(abs(try #require(read.sampleRateHz) - 99 / 0.9009) < 0.01)
}

/// "10:05" may be five minutes past ten or five seconds past ten minutes.
@Test func hoursAndMinutesAloneGiveNoRate() throws {
  let read = try table("time,glucose\n10:05,5.5\n10:06,5.25\n10:07,5.0\n")
  #expect(read.sampleRateHz == nil && read.samples == [5.5, 5.25, 5])
}

@Test func whatIsCalledTimeIsTheTime() throws {
  let read = try table("clock,time,ecg\n13:45:33,0.000,1\n13:45:33,0.004,2\n13:45:33,0.008,3\n")
  #expect(read.channels.map(\.name) == ["ecg"] && read.sampleRateHz == 250 && read.samples == [1, 2, 3])
}

@Test func timesOfDayAreNoIntervals() throws {
  let folder = try TemporaryFolder()
  let path = try folder.write("labels.csv", "start,end,label\n01:00:00,01:00:30,N2\n")
  #expect(throws: FileError.self) { try IntervalTable(path: path) }
}

@Test func tablesGiveRateTextAndStart() throws {
  for name in ["comma.csv", "semicolon.csv", "tab.txt"] {
    let table = try RecordingReader.read(path: Fixture.path("recordings/\(name)"))
    #expect(table.sampleRateHz == 125)
    #expect(table.channels == [.init(name: "ECG", units: "mV"), .init(name: "count", units: "")])
    #expect(table.header.textColumns == ["state"])
    #expect(table.annotations.map(\.auxiliary) == ["rest", "walk"])
    #expect(table.annotations.map(\.sample) == [0, 10])
    #expect(table.annotations.map(\.durationSamples) == [10, 20])
  }
  let dates = try RecordingReader.read(path: Fixture.path("recordings/dates.csv"))
  #expect(dates.header.startMicroseconds == 1_396_310_400_000_000, "2014-04-01T00:00Z, by date(1)")
  #expect(abs((dates.sampleRateHz ?? 0) - 1.0 / 300) < 1e-12)
}

/// What pandas 3.1.1 writes by `to_csv()` where the index has no name, and by `to_csv(sep=";", decimal=",")`; the last one
/// by the manual of R's `write.csv`.
@Test(arguments: [
  ",ecg\n0,0.25\n1,0.5\n2,-0.5\n", ";ecg\n10;0,25\n12;0,5\n17;-0,5\n", ",ecg\n0.0,0.25\n0.004,0.5\n0.008,-0.5\n",
  "\"\",\"ecg\"\n\"1\",0.25\n\"2\",0.5\n\"3\",-0.5\n",
])
func anIndexWithoutANameIsNoChannel(text: String) throws {
  let folder = try TemporaryFolder()
  let table = try RecordingReader.read(path: folder.write("table.csv", text))
  #expect(table.channels.map(\.name) == ["ecg"])
  #expect(table.samples == [0.25, 0.5, -0.5])
  #expect(table.header.textColumns.isEmpty && table.sampleRateHz == nil)
}

/// As pandas 3.1.1 writes a `DatetimeIndex` of Europe/Berlin.
@Test func datesWithoutANameAreTimesByTheirOffset() throws {
  let folder = try TemporaryFolder()
  let path = try folder.write(
    "table.csv",
    """
    ,ecg
    2014-04-01 10:00:00.000+02:00,0.12
    2014-04-01 10:00:00.004+02:00,0.25
    2014-04-01 10:00:00.008+02:00,-0.5

    """)
  let table = try RecordingReader.read(path: path)
  #expect(table.channels.map(\.name) == ["ecg"])
  #expect(table.sampleRateHz == 250)
  #expect(table.header.startMicroseconds == 1_396_339_200_000_000, "2014-04-01T08:00Z, by date(1)")
}

@Test func otherColumnsAndRowsWithEmptyFieldsStay() throws {
  let folder = try TemporaryFolder()
  let unnamed = try RecordingReader.read(path: folder.write("a.csv", ",ecg\n0.5,1\n0.25,2\n0.75,3\n"))
  #expect(unnamed.channels.map(\.name) == ["0", "ecg"])
  #expect(unnamed.samples == [0.5, 1, 0.25, 2, 0.75, 3])
  let rows = try RecordingReader.read(path: folder.write("b.csv", "2014-04-01 10:00:00,\n2014-04-01 10:00:01,0.5\n"))
  #expect(isSame(rows.samples, [.nan, 0.5]))
  #expect(rows.sampleRateHz == 1)
}

@Test(arguments: ["comma.csv", "semicolon.csv", "tab.txt", "blanks.txt", "dates.csv"])
func aByteOrderMarkBelongsToNoName(name: String) throws {
  let folder = try TemporaryFolder()
  let table = try RecordingReader.read(path: Fixture.path("recordings/\(name)"))
  let marked = try RecordingReader.read(
    path: folder.write(name, Fixture.byteOrderMark + Fixture.bytes("recordings/\(name)")))
  #expect(marked.channels == table.channels)
  #expect(marked.sampleRateHz == table.sampleRateHz)
  #expect(isSame(marked.samples, table.samples))
}

@Test func aByteOrderMarkBelongsToNoNumber() throws {
  let folder = try TemporaryFolder()
  let path = try folder.write("a.csv", Fixture.byteOrderMark + Array("1,2\n3,4\n".utf8))
  #expect(try RecordingReader.read(path: path).samples == [1, 2, 3, 4])
  expectFileError("not a recording") {
    _ = try RecordingReader.read(path: folder.write("b.csv", Fixture.byteOrderMark))
  }
}

/// From 2014-04-01T00:00Z on, which is 1396310400 by date(1), in milli-, micro- and nanoseconds.
@Test(arguments: ["", "000", "000000"])
func timesWithoutAUnitAreTakenByTheirSize(zeros: String) throws {
  let folder = try TemporaryFolder()
  let rows = (0..<50).map { "\(1_396_310_400_000 + 4 * $0)\(zeros),\($0)\n" }
  let table = try RecordingReader.read(path: folder.write("a.csv", "timestamp,ecg\n" + rows.joined()))
  #expect(table.sampleRateHz == 250)
  #expect(table.header.startMicroseconds == 1_396_310_400_000_000)
}

@Test func timesWithAUnitAreTakenByIt() throws {
  let folder = try TemporaryFolder()
  let path = try folder.write("a.csv", "time (s),ecg\n200000000000,1\n200000000001,2\n")
  #expect(try RecordingReader.read(path: path).sampleRateHz == 1)
}

/// With the hours behind 2014-04-01T00:00Z, worked out by hand.
@Test(arguments: [
  ("2014-04-01T10:00:00+02:00", 8.0), ("2014-04-01T10:00:00+0200", 8.0), ("2014-04-01 10:00:00+02", 8.0),
  ("2014-04-01T10:00:00Z", 10.0), ("2014-04-01 10:00:00 UTC", 10.0), ("2014-04-01T10:00-05:30", 15.5),
  ("2014-04-01 10:00:00.000 -0530", 15.5), ("2014-04-01 00:00:00+14:00", -14.0), ("2014-04-01 10:00:36,000", 10.01),
  ("2014-04-01", 0.0),
])
func offsetsAreTakenOffTheTime(text: String, hours: Double) {
  #expect(TextTime.seconds(text, decimal: 0x2E) == (1_396_310_400 + hours * 3600).rounded())
}

@Test(arguments: [
  "2014-04-01 10:00:00 PM", "2014-04-01T10:00:00+2", "2014-04-01T10:00:00+-2", "2014-04-01T10:00:00+02:00:00",
  "2014-04-01T10:xx:00", "2014-04-01-xx",
])
func otherTextIsNoTime(text: String) {
  #expect(TextTime.seconds(text, decimal: 0x2E) == nil)
}

/// Behind the rows that are looked at first, and behind the first block of all.
@Test(arguments: [200, 5000])
func aColumnThatBeginsEmptyIsWhatItsFirstFieldIs(first: Int) throws {
  let folder = try TemporaryFolder()
  let rows = (0..<first + 100).map { row in
    "\(Double(row) / 100),\(row),\(row == first ? "V" : ""),\(row < first ? "none" : "0.5"),\n"
  }
  let path = try folder.write("events.csv", "time,ecg,label,resp,spare\n" + rows.joined())
  let table = try RecordingReader.read(path: path)
  #expect(table.sampleRateHz == 100)
  #expect(table.channels.map(\.name) == ["ecg", "resp", "spare"])
  let frames = Array(table.samples[3 * first - 3..<3 * first + 3])
  #expect(isSame(frames, [Float(first - 1), .nan, .nan, Float(first), 0.5, .nan]))
  #expect(table.header.textColumns == ["label"])
  #expect(table.annotations == [Annotation(sample: first, symbol: "\"", auxiliary: "V", durationSamples: 1)])
}

/// Written by hand as a German Excel does: numbers with a comma are text where the decimal sign is a point.
@Test func aColumnThatBeginsEmptyDoesNotHideTheDecimalSign() throws {
  let folder = try TemporaryFolder()
  let rows = (0..<100).map { "\($0);\($0),5;\($0 == 80 ? "V" : "")\r\n" }
  let table = try RecordingReader.read(path: folder.write("a.csv", "count;ecg;label\r\n" + rows.joined()))
  #expect(table.channels.map(\.name) == ["count", "ecg"])
  #expect(table.samples.prefix(4) == [0, 0.5, 1, 1.5])
  #expect(table.annotations.map(\.sample) == [80])
}

@Test func tablesThatAreNoneAreRefused() throws {
  let folder = try TemporaryFolder()
  for text in ["", "\n\n", "a,b\n", "one two\nthree four\n", "1,2,3\n4,5\n"] {
    expectFileError("not a recording") { _ = try RecordingReader.read(path: folder.write("table.csv", text)) }
  }
  let rows = (0..<100).map { $0 == 80 ? "1,x" : "1,2" }.joined(separator: "\n")
  expectFileError("row 81", "'x' for a number") { _ = try RecordingReader.read(path: folder.write("table.csv", rows)) }
  let events = (0..<100).map { "\($0),\($0 == 80 ? "V" : "")\n" }.joined()
  expectFileError("not a recording") {
    _ = try RecordingReader.read(path: folder.write("table.csv", "time,label\n" + events))
  }
}
