import StreamIO
import Testing

@testable import StreamIO

// The files in Fixtures/recordings were written by other software, and the expected samples are what that reads back:
// make_recordings.py there says which.

/// Files of each format that this build reads.
private let names: [String] = {
  var names = ["format8", "format160", "format310", "format311", "fixed", "variable", "rates"].map { "\($0).hea" }
  names += ["two.edf", "two.bdf", "gap.edf", "comma.csv", "semicolon.csv", "tab.txt", "blanks.txt", "dates.csv"]
  #if Sndfile
    names += ["pcm16.wav", "pcm24.wav", "float.wav", "pcm16.flac"]
    names += ["flac508", "flac516", "flac524", "flac_offset", "flac_rates"].map { "\($0).hea" }
  #endif
  #if Matio
    names += ["plain.mat", "matrix.mat"]
  #endif
  #if HDF5
    names.append("version73.mat")
  #endif
  return names
}()

private func expected(_ name: String) throws -> [Float] {
  try NumPyArray.read(path: Fixture.path("recordings/\(name).expected.npy")).floats()
}

/// The same to the seventh digit: other readers round in float64 or float32 on the way.
private func expectSame(_ read: [Float], _ expected: [Float], sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(read.count == expected.count, sourceLocation: sourceLocation)
  for (index, (a, b)) in zip(read, expected).enumerated() {
    let isClose = a == b || a.isNaN && b.isNaN || abs(a - b) <= 2e-7 * max(abs(a), abs(b))
    #expect(isClose, "sample \(index): \(a), expected \(b)", sourceLocation: sourceLocation)
  }
}

@Test(arguments: names)
func samplesAreThoseThatTheOtherLibraryReads(name: String) throws {
  let recording = try RecordingReader.read(path: Fixture.path("recordings/\(name)"))
  expectSame(recording.samples, try expected(name))
}

@Test(arguments: names)
func anyRangeIsThatPartOfTheWhole(name: String) throws {
  var source = try RecordingReader.openSingle(path: Fixture.path("recordings/\(name)"))
  let whole = try source.read(frames: 0..<source.header.frameCount)
  let (channels, count) = (source.header.channels.count, source.header.frameCount)
  for start in 0..<count {
    for end in [start, start + 1, min(start + 7, count), count] {
      let part = try source.read(frames: start..<end)
      #expect(isSame(part, Array(whole[start * channels..<end * channels])), "\(start)..<\(end)")
    }
  }
}

@Test func theContentDecidesHowAFileIsRead() throws {
  let folder = try TemporaryFolder()
  for name in names where !name.hasSuffix(".hea") {
    let path = try folder.write("recording.dat", try Fixture.bytes("recordings/\(name)"))
    expectSame(try RecordingReader.read(path: path).samples, try expected(name))
  }
}

/// Files that are short enough to be cut at every length.
@Test(arguments: names.filter { !$0.hasSuffix(".hea") && $0 != "version73.mat" })
func aFileThatIsCutOffIsReadOrRefused(name: String) throws {
  let folder = try TemporaryFolder()
  let bytes = try Fixture.bytes("recordings/\(name)")
  let whole = try RecordingReader.read(path: folder.write("whole", bytes))
  for damaged in Corruption.truncations(of: bytes) {
    let path = try folder.write("cut", damaged)
    do {
      // A table without its last rows is a table.
      let part = try RecordingReader.read(path: path)
      #expect(part.frameCount <= whole.frameCount)
    } catch {
      #expect(error.path.hasPrefix(path) && error.message.contains(": "), "\(error)")
    }
  }
}

@Test(arguments: ["two.edf", "gap.edf", "comma.csv", "blanks.txt"])
func damagedFilesNeverTrap(name: String) throws {
  let folder = try TemporaryFolder()
  for damaged in Corruption.flips(of: try Fixture.bytes("recordings/\(name)"), count: 1000, seed: 3) {
    _ = try? RecordingReader.read(path: folder.write("damaged", damaged))
  }
}

@Test func wfdbRecordsOfSegmentsAndRatesKeepTheirTimes() throws {
  let fixed = try RecordingReader.read(path: Fixture.path("recordings/fixed.hea"))
  #expect(fixed.sampleRateHz == 100)
  // 2003-02-01T10:20:30.5Z, by date(1).
  #expect(fixed.header.startMicroseconds == 1_044_094_830_500_000)
  let rates = try RecordingReader.read(path: Fixture.path("recordings/rates"))
  #expect(rates.sampleRateHz == 300)
  #expect(rates.annotations.map(\.sample) == [15, 33], "which count in frames of 100 Hz")
}

@Test(arguments: ["two.edf", "two.bdf"])
func edfKeepsNamesUnitsTimeAndAnnotations(name: String) throws {
  let recording = try RecordingReader.read(path: Fixture.path("recordings/\(name)"))
  #expect(recording.channels.map(\.name) == ["EEG Fpz-Cz", "Resp"])
  #expect(recording.channels.map(\.units) == ["uV", "uV"])
  #expect(recording.sampleRateHz == 20)
  #expect(recording.header.startMicroseconds == 1_614_834_367_000_000, "2021-03-04T05:06:07Z, by date(1)")
  #expect(
    recording.annotations == [
      Annotation(sample: 10, symbol: "\"", auxiliary: "Sleep stage W", durationSamples: 25),
      Annotation(sample: 60, symbol: "\"", auxiliary: "µ-arousal"),
    ])
}

/// An EDF file, by hand, of one data record of a second. Each signal has 2 samples in it, and limits as its header gives
/// them: the physical ones, then the digital ones.
private func edf(_ signals: [(label: String, limits: [String])], _ samples: [UInt8]) -> [UInt8] {
  func field(_ text: String, _ width: Int) -> [UInt8] {
    Array(text.utf8) + [UInt8](repeating: 0x20, count: width - text.utf8.count)
  }
  var bytes = field("0", 8) + field("", 160) + field("01.01.20", 8) + field("00.00.00", 8)
  bytes += field("\(256 * (signals.count + 1))", 8) + field("", 44) + field("1", 8) + field("1", 8)
  bytes += field("\(signals.count)", 4)
  bytes += signals.flatMap { field($0.label, 16) } + signals.flatMap { _ in field("", 80) }
  bytes += signals.flatMap { _ in field("uV", 8) }
  for index in 0..<4 { bytes += signals.flatMap { field($0.limits[index], 8) } }
  bytes += signals.flatMap { _ in field("", 80) } + signals.flatMap { _ in field("2", 8) }
  return bytes + signals.flatMap { _ in field("", 32) } + samples
}

/// As in recordings of CHB-MIT.
@Test func edfSignalsWithoutADigitalRangeAreLeftOut() throws {
  let folder = try TemporaryFolder()
  let (used, dummy) = (["-100", "100", "-100", "100"], ["0", "0", "0", "0"])
  let signals = [("FP1-F7", used), ("-", dummy), ("F7-T7", used), ("--", ["", "", "1", "1"])]
  let samples: [UInt8] = [1, 0, 2, 0, 7, 0, 7, 0, 3, 0, 4, 0, 7, 0, 7, 0]
  let recording = try RecordingReader.read(path: folder.write("chb.edf", edf(signals, samples)))
  #expect(recording.channels.map(\.name) == ["FP1-F7", "F7-T7"])
  #expect(recording.samples == [1, 3, 2, 4])
  #expect(try #require(recording.header.damage).message.contains("left out"))
  #expect(try #require(recording.header.damage).message.contains("'-', '--'"))
  expectFileError("signals without a digital range") {
    _ = try RecordingReader.read(path: folder.write("none.edf", edf([("-", dummy)], [7, 0, 7, 0])))
  }
}

@Test func limitsMatterForEDFSignalsOnly() throws {
  let folder = try TemporaryFolder()
  let (used, none) = (["-100", "100", "-100", "100"], ["", "", "", ""])
  let samples: [UInt8] = [1, 0, 2, 0, 0, 0, 0, 0]
  let recording = try RecordingReader.read(
    path: folder.write("a.edf", edf([("ECG", used), ("EDF Annotations", none)], samples)))
  #expect(recording.samples == [1, 2] && recording.header.damage == nil)
  expectFileError("signal 1 has no limits") {
    _ = try RecordingReader.read(path: folder.write("b.edf", edf([("ECG", used), ("Resp", none)], samples)))
  }
}

@Test func seriesOfTheArchivesComeOneByOneWithTheirClass() throws {
  let folder = try TemporaryFolder()
  let tsv = try folder.write("Coffee_TRAIN.tsv", "1\t0.5\t-1e-2\t3\n-1\t4\t5\tNaN\n1\t7\t8\t9\n")
  let ts = try folder.write(
    "Moves.ts", "# a note\n@problemName Moves\n@classLabel true run walk\n@data\n1,2,?:3,4,5:run\n6:7,?,8:walk\n")
  #expect(try all(tsv).map(\.header.label) == ["1", "-1", "1"])
  #expect(try all(tsv).map(\.samples) == [[0.5, -0.01, 3], [4, 5], [7, 8, 9]])
  #expect(try all(tsv).map(\.name) == ["Coffee_TRAIN-0", "Coffee_TRAIN-1", "Coffee_TRAIN-2"])
  #expect(try all(ts).map(\.header.label) == ["run", "walk"])
  for (path, name) in [(tsv, "marked.tsv"), (ts, "marked.ts")] {
    let marked = try folder.write(name, Fixture.byteOrderMark + FileBytes.read(path: path))
    #expect(try all(marked).map(\.header.label) == all(path).map(\.header.label))
  }
  #expect(isSame(try all(ts)[0].samples, [1, 3, 2, 4, .nan, 5]))
  #expect(isSame(try all(ts)[1].samples, [6, 7, .nan, .nan, .nan, 8]))
  #expect(try RecordingReader.read(path: "\(tsv):Coffee_TRAIN-2").samples == [7, 8, 9])
  expectFileError("holds several recordings: name one, as in") { _ = try RecordingReader.read(path: ts) }
  expectFileError("no recording named 'x'") { _ = try RecordingReader.read(path: "\(ts):x") }
  for damaged in Corruption.truncations(of: try FileBytes.read(path: ts)) {
    _ = try? all(folder.write("cut.ts", damaged))
  }
}

private func all(_ path: String) throws -> [Recording] {
  var file = try RecordingReader.open(path: path)
  var recordings: [Recording] = []
  while var source = try file.next() { recordings.append(try source.readAll()) }
  return recordings
}

#if Matio
  @Test func aVariableIsNamedExactlyOrByAPattern() throws {
    let path = Fixture.path("recordings/compressed.mat")
    expectFileError("several variables", "X1_DE_time, X1_FE_time") { _ = try RecordingReader.read(path: path) }
    expectFileError("'*_BA_time' is none") { _ = try RecordingReader.read(path: "\(path):*_BA_time") }
    let recording = try RecordingReader.read(path: "\(path):*_DE_time")
    expectSame(recording.samples, try expected("plain.mat"))
    #expect(recording.channels == [.init(name: "X1_DE_time", units: "")])
  }

  /// By SciPy, with the structs of the bearings of MFPT and of Paderborn; the samples are those of make_recordings.py.
  @Test(arguments: ["structs.mat", "compressed_structs.mat"])
  func fieldsOfStructsAreNamedAsInMATLAB(file: String) throws {
    let path = Fixture.path("recordings/\(file)")
    for name in ["bearing.gs", "*.gs"] {
      let recording = try RecordingReader.read(path: "\(path):\(name)")
      #expect(recording.samples == [0, 1, 2, 3, 4, 5])
      #expect(recording.channels == [.init(name: "bearing.gs", units: "")])
    }
    for name in ["N09.Y(2).Data", "*.Y(2).Data"] {
      #expect(try RecordingReader.read(path: "\(path):\(name)").samples == [10, 11, 12, 13, 14, 15])
    }
    expectFileError("holds several variables", "bearing.gs, N09.Y(1).Data, N09.Y(2).Data") {
      _ = try RecordingReader.read(path: path)
    }
    expectFileError("'bearing.sr' is none") { _ = try RecordingReader.read(path: "\(path):bearing.sr") }
  }

  @Test(arguments: ["structs.mat", "compressed_structs.mat"])
  func structsThatAreCutOffAreReadOrRefused(file: String) throws {
    let folder = try TemporaryFolder()
    for damaged in Corruption.truncations(of: try Fixture.bytes("recordings/\(file)")) {
      let path = try folder.write("cut.mat", damaged)
      _ = try? RecordingReader.read(path: "\(path):bearing.gs")
      _ = try? RecordingReader.read(path: "\(path):N09.Y(2).Data")
    }
  }
#endif

#if HDF5
  @Test func datasetsOfHDF5AreReadByRanges() throws {
    let path = Fixture.path("recordings/groups.h5")
    expectFileError("several datasets", "run/other, run/signal") { _ = try RecordingReader.read(path: path) }
    var source = try RecordingReader.openSingle(path: "\(path):run/signal")
    #expect(source.header.sampleRateHz == 250)
    let whole = try expected("groups.h5")
    #expect(try source.readAll().samples == whole)
    #expect(try source.read(frames: 13..<40) == Array(whole[13 * 3..<40 * 3]))
  }

  @Test func hdf5ThatIsCutOffIsRefused() throws {
    let folder = try TemporaryFolder()
    let bytes = try Fixture.bytes("recordings/groups.h5")
    for length in stride(from: 8, to: bytes.count, by: 61) {
      let path = try folder.write("cut.h5", Array(bytes[..<length]))
      expectFileError("cut.h5: ") { _ = try RecordingReader.read(path: "\(path):run/signal") }
    }
  }
#endif

@Test func nanoporeReadsComeInPicoampere() throws {
  let path = Fixture.path("recordings/reads.slow5")
  let reads = try all(path)
  #expect(reads.map(\.name) == ["read-0", "read-1"])
  for (index, read) in reads.enumerated() {
    expectSame(read.samples, try expected("reads.slow5.\(index)"))
    #expect(read.sampleRateHz == 4000)
  }
  #expect(try RecordingReader.read(path: "\(path):read-1").samples == reads[1].samples)
  let folder = try TemporaryFolder()
  for damaged in Corruption.truncations(of: try Fixture.bytes("recordings/reads.slow5")) {
    let read = try? all(folder.write("cut.slow5", damaged))
    #expect((read?.count ?? 0) < 2, "one at the most, where the file ends behind the first")
  }
}

/// BLOW5 files with the same four reads: one without differences beyond a byte, one with a single one, one in steps of 4,
/// one with large differences only.
private let blow5Files: [String] = {
  var records = ["none", "zlib"]
  #if Zstd
    records.append("zstd")
  #endif
  return records.flatMap { record in ["none", "svb_zd", "ex_zd"].map { "\(record)_\($0).blow5" } }
}()

@Test(arguments: blow5Files) func blow5IsReadInAllItsCompressions(name: String) throws {
  let path = Fixture.path("recordings/\(name)")
  let reads = try all(path)
  #expect(reads.map(\.name) == ["read-0", "read-1", "read-2", "read-3"])
  for (index, read) in reads.enumerated() {
    expectSame(read.samples, try expected("zlib_svb_zd.blow5.\(index)"))
    #expect(read.sampleRateHz == 4000)
    #expect(read.channels == [RecordingHeader.Channel(name: "current", units: "pA")])
  }
  #expect(try RecordingReader.read(path: "\(path):read-2").samples == reads[2].samples)
}

@Test(arguments: blow5Files) func damagedBlow5IsRefusedOrRead(name: String) throws {
  let (folder, bytes) = (try TemporaryFolder(), try Fixture.bytes("recordings/\(name)"))
  for damaged in Corruption.truncations(of: bytes) where damaged.starts(with: Blow5File.mark) {
    #expect(throws: FileError.self, "\(damaged.count) bytes") { _ = try all(folder.write("cut.blow5", damaged)) }
  }
  for damaged in Corruption.flips(of: bytes, count: 500, seed: 8) {
    for read in (try? all(folder.write("changed.blow5", damaged))) ?? [] { #expect(!read.samples.isEmpty) }
  }
}

@Test func numbersOfSeveralBytesAreDecoded() {
  // By hand: 1, 256, 65536 and 2^24 take one to four bytes, so the first byte is 11 10 01 00; then 2 takes one.
  let bytes: [UInt8] = [0b1110_0100, 0, 1, 0, 1, 0, 0, 1, 0, 0, 0, 1, 2]
  #expect(StreamVByte.decode(bytes[...], count: 5) == [1, 256, 65536, 1 << 24, 2])
  #expect(StreamVByte.decode(bytes[...], count: 4) == nil)
  #expect(StreamVByte.decode(bytes.dropLast(), count: 5) == nil)
}

#if !(Sndfile && Matio && HDF5 && Zstd)
  @Test(arguments: [
    ("pcm16.wav", "Sndfile"), ("plain.mat", "Matio"), ("groups.h5", "HDF5"), ("zstd_none.blow5", "Zstd"),
    ("flac516.hea", "Sndfile"),
  ])
  func aBuildWithoutALibrarySaysWhichTraitToEnable(name: String, trait: String) {
    expectFileError("--traits \(trait)") { _ = try RecordingReader.read(path: Fixture.path("recordings/\(name)")) }
  }
#endif
