import StreamIO
import Testing

@Test(arguments: ["format80", "format212", "format16", "format24", "format32", "mixed"])
func recordsAreReadAsWFDBReadsThem(name: String) throws {
  let recording = try RecordingReader.read(path: Fixture.path("wfdb/\(name)"))
  let expected = try NumPyArray.read(path: Fixture.path("wfdb/\(name).expected.npy"))
  #expect([recording.frameCount, recording.channels.count] == expected.shape)
  #expect(isSame(recording.samples, expected.floats()))
  #expect(recording.samples.count(where: \.isNaN) == (name == "mixed" ? 0 : 2), "missing samples")
}

@Test func ratesNamesAndUnitsComeFromTheHeader() throws {
  let recording = try RecordingReader.read(path: Fixture.path("wfdb/format212"))
  #expect(recording.sampleRateHz == 250.5)
  #expect(recording.channels.map(\.name) == ["II", "a name", "ABP"])
  #expect(recording.channels.map(\.units) == ["mV", "NU", "mmHg"])
  #expect(recording.annotations.isEmpty)
}

@Test func aHeaderWithoutALengthMeansAllThatTheFilesHold() throws {
  let recording = try RecordingReader.read(path: Fixture.path("wfdb/unsized"))
  let expected = try NumPyArray.read(path: Fixture.path("wfdb/mixed.expected.npy"))
  #expect(recording.samples == expected.floats())
  #expect(recording.channels.map(\.name) == ["0", "1", "2"])
}

/// A record `r` of `header` and one signal file.
private func read(_ header: String, _ bytes: [UInt8], _ more: [UInt8]? = nil) throws -> Recording {
  let folder = try TemporaryFolder()
  try folder.write("r.dat", bytes)
  if let more { try folder.write("s.dat", more) }
  return try RecordingReader.read(path: folder.write("r.hea", header))
}

@Test func aSkewedSignalIsMovedAndEndsWithMissingSamples() throws {
  let bytes: [UInt8] = [1, 10, 2, 20, 3, 30, 4, 40].map { $0 + 128 }
  let recording = try read("r 2 1 4\nr.dat 80 1 8 0 1 10\nr.dat 80:3 1 8 0 10 100\n", bytes)
  #expect(isSame(recording.samples, [1, 40, 2, .nan, 3, .nan, 4, .nan]))
  let beyond = try read("r 2 1 4\nr.dat 80 1 8\nr.dat 80:9000000000000000000 1 8\n", bytes)
  #expect(beyond.samples.count(where: \.isNaN) == 4)
}

@Test func aFileWhoseLengthDisagreesIsRefused() {
  let bytes = [UInt8](repeating: 128, count: 8)
  expectFileError("r.dat: holds 4 samples a signal, but the header says 5") {
    _ = try read("r 1 1 5\nr.dat 16\n", bytes)
  }
  expectFileError("holds 4 samples a signal, but the header says 3") { _ = try read("r 1 1 3\nr.dat 16\n", bytes) }
  expectFileError("the header says 9000000000000000000") {
    _ = try read("r 1 1 9000000000000000000\nr.dat 212\n", bytes)
  }
  expectFileError("s.dat: holds 3 samples", "first signal file holds 4") {
    _ = try read("r 2 1\nr.dat 16\ns.dat 16\n", bytes, [1, 2, 3, 4, 5, 6])
  }
  expectFileError("should begin behind byte 9") { _ = try read("r 1 1 4\nr.dat 16+9\n", bytes) }
  expectFileError("holds no samples") { _ = try read("r 1 1\nr.dat 16+8\n", bytes) }
}

@Test func paddingToAWholePairIsNotASample() throws {
  #expect(try read("r 1 1 3\nr.dat 212 1\n", [1, 0, 2, 3, 0, 0]).samples == [1, 2, 3])
  expectFileError("holds 4 samples") { _ = try read("r 1 1 2\nr.dat 212 1\n", [1, 0, 2, 3, 0, 0]) }
}

@Test func samplesThatDoNotAddUpToTheChecksumAreTold() throws {
  // 40000 + 40000 wraps to 14464 in 16 bits; a header may give it as any number with these 16 bits.
  let bytes: [UInt8] = [0x40, 0x9C, 0x00, 0x40, 0x9C, 0x00]
  for checksum in ["14464", "80000", "-51072"] {
    let recording = try read("r 1 1 2\nr.dat 24 1 24 0 0 \(checksum)\n", bytes)
    #expect(recording.samples == [40000, 40000] && recording.header.damage == nil)
  }
  let wrong = try read("r 1 1 2\nr.dat 24 1 24 0 0 14465 0 II\n", bytes)
  #expect(wrong.samples == [40000, 40000])
  let message = try #require(wrong.header.damage).description
  #expect(message.contains("r.dat: the samples of 'II' add up to 14464, but the header's checksum is 14465"))
  let unsized = try read("r 1 1\nr.dat 24 1 24 0 0 14465\n", bytes)
  #expect(unsized.frameCount == 2 && unsized.header.damage == nil, "not checked without a length")
}

@Test func aChecksumIsComparedWhenTheLastSampleIsRead() throws {
  let folder = try TemporaryFolder()
  try folder.write("r.dat", [1, 0, 2, 0])
  var source = try RecordingReader.openSingle(path: folder.write("r.hea", "r 1 1 2\nr.dat 16 1 16 0 0 4\n"))
  #expect(try source.read(frames: 0..<1) == [1])
  #expect(source.header.damage == nil)
  #expect(try source.read(frames: 1..<2) == [2])
  #expect(source.header.damage != nil)
}

@Test func aChecksumOfASegmentIsToldOfTheRecord() throws {
  let folder = try TemporaryFolder()
  try folder.write("a.dat", [1, 0, 2, 0])
  try folder.write("a.hea", "a 1 1 2\na.dat 16 1 16 0 0 3\n")
  try folder.write("b.dat", [3, 0, 4, 0])
  try folder.write("b.hea", "b 1 1 2\nb.dat 16 1 16 0 0 8\n")
  let recording = try RecordingReader.read(path: folder.write("r.hea", "r/2 1 1 4\na 2\nb 2\n"))
  #expect(recording.samples == [1, 2, 3, 4])
  #expect(try #require(recording.header.damage).path.hasSuffix("b.dat"))
}

/// The signal line of PhysioNet's CinC Challenge 2017, A00001.hea: 24 bytes of MATLAB's header, then the samples, and a
/// checksum that nobody took.
@Test func aChecksumOf0IsNone() throws {
  let folder = try TemporaryFolder()
  try folder.write("A00001.mat", [UInt8](repeating: 0, count: 24) + [0x81, 0xFF, 0xE8, 0x03])
  let header = "A00001 1 300 2\nA00001.mat 16+24 1000/mV 16 0 -127 0 0 ECG\n"
  let recording = try RecordingReader.read(path: folder.write("A00001.hea", header))
  #expect(recording.samples == [-0.127, 1])
  #expect(recording.header.damage == nil)
}

@Test func signalsOfAFileHaveToFollowEachOtherAndBeAlike() {
  let bytes = [UInt8](repeating: 0, count: 8)
  expectFileError("don't follow each other") { _ = try read("r 3 1\nr.dat 16\ns.dat 16\nr.dat 16\n", bytes, bytes) }
  expectFileError("differ in format") { _ = try read("r 2 1\nr.dat 16\nr.dat 212\n", bytes) }
  expectFileError("differ in format or byte offset") { _ = try read("r 2 1\nr.dat 16\nr.dat 16+2\n", bytes) }
}

@Test func aSignalFileThatIsMissingIsNamed() {
  expectFileError("absent.dat: can't be opened (No such file") { _ = try read("r 1 1\nabsent.dat 16\n", []) }
}

@Test func truncatedAndDamagedRecordsNeverTrap() throws {
  let folder = try TemporaryFolder()
  let header = try Fixture.bytes("wfdb/format212.hea")
  let data = try Fixture.bytes("wfdb/format212.dat")
  try folder.write("format212.dat", data)
  let path = "\(folder.path)/format212.hea"
  for damaged in Array(Corruption.truncations(of: header)) + Corruption.flips(of: header, count: 1000, seed: 1) {
    try folder.write("format212.hea", damaged)
    _ = try? RecordingReader.read(path: path)
  }
  try folder.write("format212.hea", header)
  for damaged in Corruption.truncations(of: data) {
    try folder.write("format212.dat", damaged)
    expectFileError("format212.dat: holds") { _ = try RecordingReader.read(path: path) }
  }
  for damaged in Corruption.flips(of: data, count: 300, seed: 2) {
    try folder.write("format212.dat", damaged)
    _ = try? RecordingReader.read(path: path)
  }
}
