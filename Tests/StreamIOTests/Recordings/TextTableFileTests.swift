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
