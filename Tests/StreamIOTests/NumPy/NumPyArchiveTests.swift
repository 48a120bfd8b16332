import Testing

@testable import StreamIO

/// All arrays of an archive, each by its name.
@discardableResult
private func arrays(_ bytes: [UInt8], path: String = "x.npz") throws(FileError) -> [String: NumPyArray] {
  var arrays: [String: NumPyArray] = [:]
  for name in try NumPyArchive.members(of: bytes, path: path).keys {
    arrays[name] = try NumPyArchive.array(name, of: bytes, path: path)
  }
  return arrays
}

@Test(arguments: ["stored", "deflated"])
func everyArrayOfAnArchiveIsRead(name: String) throws {
  let arrays = try arrays(Fixture.bytes("numpy/\(name).npz"))
  #expect(Set(arrays.keys) == ["x", "y", "empty"])
  #expect(arrays["x"]?.shape == [20, 20])
  #expect(try arrays["x"]?.integers() == Array(0..<400))
  #expect(arrays["y"]?.element == .float64)
  #expect(arrays["y"]?.floats()[5] == 0.5)
  #expect(arrays["empty"]?.floats() == [])
}

@Test func sizesOf64BitsAreRead() throws {
  #expect(try arrays(Fixture.bytes("numpy/zip64.npz"))["x"]?.count == 400)
  // The same archive with its directory's sizes and place in the zip64 extra field.
  let bytes = try wideDirectory(of: Fixture.bytes("numpy/zip64.npz"))
  #expect(try arrays(bytes, path: "x")["x"]?.count == 400)
}

/// Moves the sizes of the only entry of an archive's directory, and the directory's place, to 64-bit fields.
private func wideDirectory(of archive: [UInt8]) throws -> [UInt8] {
  func little(_ value: some FixedWidthInteger) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
  let end = archive.count - 22
  let directory = Int(try #require(archive.littleEndian(UInt32.self, at: end + 16)))
  let stored = try #require(archive.littleEndian(UInt32.self, at: directory + 20))
  let nameBytes = Int(try #require(archive.littleEndian(UInt16.self, at: directory + 28)))
  let narrow = [UInt8](repeating: 0xFF, count: 8)
  var entry = Array(archive[directory..<directory + 46 + nameBytes])
  entry.replaceSubrange(20..<28, with: narrow)
  entry.replaceSubrange(30..<34, with: little(UInt16(28)) + little(UInt16(0)))
  entry.replaceSubrange(42..<46, with: narrow[..<4])
  entry += little(UInt16(1)) + little(UInt16(24)) + little(UInt64(stored)) + little(UInt64(stored)) + little(UInt64(0))
  var record = little(UInt32(0x0606_4B50)) + little(UInt64(44)) + [UInt8](repeating: 0, count: 12)
  record += little(UInt64(1)) + little(UInt64(1)) + little(UInt64(entry.count)) + little(UInt64(directory))
  let locator =
    little(UInt32(0x0706_4B50)) + little(UInt32(0)) + little(UInt64(directory + entry.count)) + little(UInt32(1))
  var newEnd = Array(archive[end...])
  newEnd.replaceSubrange(8..<20, with: [UInt8](repeating: 0xFF, count: 12))
  return Array(archive[..<directory]) + entry + record + locator + newEnd
}

@Test func otherWaysOfCompressionAreRefused() {
  expectFileError("'scalar.npy' is compressed by method 12") {
    _ = try arrays(Fixture.bytes("numpy/bzip2.npz"))
  }
}

@Test func aChangedContentDoesNotMatchItsChecksum() throws {
  for name in ["stored", "deflated"] {
    var bytes = try Fixture.bytes("numpy/\(name).npz")
    // In the content of the first member, x, which begins within the first 100 bytes and takes hundreds.
    bytes[200] ^= 1
    expectFileError("'x.npy' doesn't match its checksum") { _ = try arrays(bytes, path: "a") }
  }
}

@Test func aSizeThatDeflateCannotReachIsRefusedBeforeMemoryIsTaken() throws {
  var bytes = try Fixture.bytes("numpy/deflated.npz")
  let directory = Int(try #require(bytes.littleEndian(UInt32.self, at: bytes.count - 22 + 16)))
  bytes.replaceSubrange(directory + 24..<directory + 28, with: [0xFE, 0xFF, 0xFF, 0xFF])
  expectFileError("doesn't match its checksum") { _ = try arrays(bytes, path: "a") }
}

@Test func whatIsNoArchiveIsRefused() throws {
  expectFileError("a: holds no zip directory") { _ = try arrays([], path: "a") }
  expectFileError("holds no zip directory") { _ = try arrays(Fixture.bytes("numpy/line.npy")) }
}

@Test(arguments: ["stored", "deflated", "zip64"])
func truncatedAndDamagedArchivesNeverTrap(name: String) throws {
  let bytes = try Fixture.bytes("numpy/\(name).npz")
  for damaged in Corruption.truncations(of: bytes) {
    #expect(throws: FileError.self) { try arrays(damaged, path: name) }
  }
  for damaged in Corruption.flips(of: bytes, count: 3000, seed: 5) { _ = try? arrays(damaged, path: name) }
  // Flips of the directory, which is what places and sizes are read from.
  let directory = Int(try #require(bytes.littleEndian(UInt32.self, at: bytes.count - 22 + 16)))
  for damaged in Corruption.flips(of: Array(bytes[directory...]), count: 3000, seed: 6) {
    _ = try? arrays(bytes[..<directory] + damaged, path: name)
  }
}

@Test func anArrayOfAnArchiveIsNamedBehindTheFile() throws {
  #expect(try NumPyArray.read(path: Fixture.path("numpy/stored.npz") + ":x").shape == [20, 20])
  // Its only array needs no name.
  #expect(try NumPyArray.read(path: Fixture.path("numpy/stored.npz") + ":[!ey]*").shape == [20, 20])
  expectFileError("holds the arrays empty, x, y") {
    _ = try NumPyArray.read(path: Fixture.path("numpy/stored.npz") + ":*y")
  }
  #expect(try NumPyArray.read(path: Fixture.path("numpy/zip64.npz")).count == 400)
  let recording = try RecordingReader.read(path: Fixture.path("numpy/deflated.npz") + ":y")
  #expect(recording.name == "deflated" && recording.frameCount == 11)
  expectFileError("holds the arrays empty, x, y", "stored.npz:x") {
    _ = try NumPyArray.read(path: Fixture.path("numpy/stored.npz"))
  }
}

/// By numpy.savez of samples, of their channels' names and of a single number.
@Test func textBesideTheNumbersIsPassedOver() throws {
  let path = Fixture.path("numpy/named.npz")
  for name in [path, "\(path):data", "\(path):d*"] {
    let array = try NumPyArray.read(path: name)
    #expect(array.shape == [4, 2] && array.floats() == [0, 1, 2, 3, 4, 5, 6, 7])
  }
  #expect(try RecordingReader.read(path: path).channels.count == 2)
  #expect(try NumPyArray.read(path: "\(path):fs").integers() == [250])
  expectFileError("named.npz: ch_names") { _ = try NumPyArray.read(path: "\(path):ch_names") }
}

@Test(arguments: ["X.NPZ", "recording"])
func theFilesNameDoesNotMatterForItsArrays(name: String) throws {
  let folder = try TemporaryFolder()
  let path = try folder.write(name, try Fixture.bytes("numpy/named.npz"))
  #expect(try RecordingReader.read(path: "\(path):data").frameCount == 4)
  #expect(try NumPyArray.read(path: "\(path):fs").integers() == [250])
}

@Test func anArrayThatIsNoArchiveHasNoOthers() {
  expectFileError("line.npy: no .npz archive", "'x'") {
    _ = try NumPyArray.read(path: Fixture.path("numpy/line.npy") + ":x")
  }
}
