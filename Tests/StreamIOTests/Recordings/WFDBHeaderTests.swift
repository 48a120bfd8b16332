import Testing

@testable import StreamIO

private func parse(_ text: String) throws -> WFDBHeader {
  try WFDBHeader.parse(Array(text.utf8), path: "r.hea")
}

@Test func everyFieldOfAHeaderIsRead() throws {
  let header = try parse(
    """
    # before
    100 1 360/720.5(-12.25) 650000 0:0:0.5 1/2/1990\r
    \t100.dat 212x1:3+512 200.5(1024)/uV 11 1000 995 -22131 4 a long name

    #after
    """)
  #expect(header.name == "100")
  #expect(header.sampleRateHz == 360)
  #expect(header.counterFrequencyHz == 720.5)
  #expect(header.baseCounter == -12.25)
  #expect(header.frameCount == 650000)
  #expect(header.baseTime == "0:0:0.5")
  #expect(header.baseDate == "1/2/1990")
  #expect(header.comments == [" before", "after"])
  let expected = WFDBHeader.Signal(
    fileName: "100.dat", format: .format212, skewFrames: 3, byteOffset: 512, gain: 200.5, baseline: 1024, units: "uV",
    resolutionBits: 11, zero: 1000, initialValue: 995, checksum: -22131, blockSize: 4, description: "a long name")
  #expect(header.signals == [expected])
}

/// As an editor on Windows may save it.
@Test func aByteOrderMarkIsNotInTheName() throws {
  #expect(try parse("\u{FEFF}x 1\nx.dat 16\n").name == "x")
}

@Test func fieldsThatAreLeftOutHaveTheStandardsDefaults() throws {
  let header = try parse("x 1\nx.dat 16\n")
  #expect(header.sampleRateHz == 250)
  #expect(header.frameCount == nil)
  #expect(header.signals == [WFDBHeader.Signal(fileName: "x.dat", format: .format16)])
  #expect(header.signals[0].gain == 200)
  #expect(header.signals[0].units == "mV")
}

@Test func aLengthOrGainOfZeroIsNone() throws {
  let header = try parse("x 1 100 0\nx.dat 16 0(5)/NU 12 7\n")
  #expect(header.frameCount == nil)
  #expect(header.signals[0].gain == 200)
  #expect(header.signals[0].baseline == 5)
}

@Test func theBaselineDefaultsToTheZeroOfTheConverter() throws {
  #expect(try parse("x 1\nx.dat 16 100 12 7\n").signals[0].baseline == 7)
  #expect(try parse("x 1\nx.dat 16 100(0) 12 7\n").signals[0].baseline == 0)
  #expect(try parse("x 1\nx.dat 16 1e2/NU\n").signals[0].gain == 100)
}

@Test(arguments: [
  ("", "no record line"),
  ("#only a comment\n", "no record line"),
  ("\u{0}\u{1}\u{2}", "no number of signals"),
  ("x\n", "no number of signals"),
  ("x 0\n", "without signals"),
  ("x -1\n", "'-1'"),
  ("x one\n", "'one'"),
  ("x/3 1\n", "announces 3 segments, but 0"),
  ("x/1 1\na\n", "without a length"),
  ("x/1 1\na -1\n", "number of samples"),
  ("x/1 1\n../a 1\n", "no name of a record"),
  ("x 2\nx.dat 16\n", "announces 2 signals, but 1"),
  ("x 1\nx.dat 16\nx.dat 16\n", "announces 1 signals, but 2"),
  ("x 9223372036854775807\n", "but 0 lines"),
  ("x 1 0\nx.dat 16\n", "not above 0"),
  ("x 1 nan\nx.dat 16\n", "expected a number"),
  ("x 1 360/x\nx.dat 16\n", "counter frequency"),
  ("x 1 360/1(2\nx.dat 16\n", "parenthesis"),
  ("x 1 360 1.5\nx.dat 16\n", "number of samples"),
  ("x 1\nx.dat\n", "without a format"),
  ("x 1\nx.dat 17\n", "format '17' can't be read, only 0, 8, 16, 24"),
  ("x 1\nx.dat 16x0\n", "samples per frame"),
  ("x 1\nx.dat 16:-1\n", "skew"),
  ("x 1\nx.dat 16+-1\n", "byte offset"),
  ("x 1\n- 16\n", "'-'"),
  ("x 1\n../x.dat 16\n", "'../x.dat'"),
  ("x 1\nx.dat 16 1e999\n", "ADC gain"),
  ("x 1\nx.dat 16 200(1\n", "parenthesis"),
  ("x 1\nx.dat 16 200(a)\n", "baseline"),
  ("x 1\nx.dat 16 200 12 0 0 99999999999999999999\n", "checksum"),
])
func whatIsNoHeaderIsRefused(text: String, message: String) {
  expectFileError("r.hea: ", message) { _ = try parse(text) }
}

@Test func errorsNameTheLine() {
  expectFileError("r.hea: line 4: ") { _ = try parse("# one\n\nx 1\nx.dat 17\n") }
}
