import StreamIO
import Testing

@Test(arguments: ["wfdb/format16", "wfdb/format16.hea", "wfdb/format16.dat"])
func anyFileOfARecordNamesIt(name: String) throws {
  let recording = try RecordingReader.read(path: Fixture.path(name))
  #expect(recording.name == "format16")
  #expect(recording.frameCount == 101)
}

@Test func aLineOfNumbersIsARecordingOfOneChannel() throws {
  let recording = try RecordingReader.read(path: Fixture.path("numpy/line.npy"))
  #expect(recording.name == "line")
  #expect(recording.sampleRateHz == nil)
  #expect(recording.channels == [Recording.Channel(name: "0", units: "")])
  #expect(isSame(recording.samples, [1.5, .nan, -.infinity]))
}

@Test func columnsOfAnArrayAreChannels() throws {
  let recording = try RecordingReader.read(path: Fixture.path("numpy/version1.npy"))
  #expect(recording.channels.map(\.name) == ["0", "1"])
  #expect(recording.samples == [0, 1, 2, 3, 4, 5])
}

@Test func theContentDecidesNotTheName() throws {
  let folder = try TemporaryFolder()
  let path = try folder.write("array.dat", try Fixture.bytes("numpy/line.npy"))
  #expect(try RecordingReader.read(path: path).frameCount == 3)
}

@Test func arraysThatAreNoRecordingAreRefused() {
  expectFileError("shape (2, 3, 4)", "(N, C)") {
    _ = try RecordingReader.read(path: Fixture.path("numpy/f4-little-C.npy"))
  }
  expectFileError("shape ()") { _ = try RecordingReader.read(path: Fixture.path("numpy/scalar.npy")) }
  expectFileError("holds no samples") { _ = try RecordingReader.read(path: Fixture.path("numpy/empty.npy")) }
  expectFileError("holds the arrays", "name one, as in") {
    _ = try RecordingReader.read(path: Fixture.path("numpy/stored.npz"))
  }
  expectFileError("holds the arrays", "name one, as in") {
    _ = try RecordingReader.read(path: Fixture.path("numpy/stored.npz") + ":nothing")
  }
}

@Test func anythingElseIsAnErrorThatNamesTheFormats() throws {
  let folder = try TemporaryFolder()
  let path = try folder.write("notes.txt", "hello")
  expectFileError("notes.txt: not a recording", "WFDB", "NumPy") { _ = try RecordingReader.read(path: path) }
  expectFileError("no such recording", "'119.hea'") { _ = try RecordingReader.read(path: "\(folder.path)/119") }
  expectFileError("a folder") { _ = try RecordingReader.read(path: folder.path) }
  expectFileError("No such file") { _ = try RecordingReader.read(path: "\(folder.path)/119.hea") }
  expectFileError("not a regular file") { _ = try RecordingReader.read(path: "/dev/null") }
}
