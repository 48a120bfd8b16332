import StreamIO
import Testing

@testable import StreamIO

// ForeignFilesTests compares the samples with those that wfdb reads.

#if Sndfile
  /// A record `r` of `header` whose signal file has these bytes.
  private func read(_ header: String, _ bytes: [UInt8]) throws -> Recording {
    let folder = try TemporaryFolder()
    try folder.write("r.dat", bytes)
    return try RecordingReader.read(path: folder.write("r.hea", header))
  }

  private func signals(_ count: Int, _ format: String, frames: String = "120") -> String {
    "r \(count) 100 \(frames)\n" + String(repeating: "r.dat \(format)\n", count: count)
  }

  @Test func aRecordIsNamedByItsFLACFileToo() throws {
    let record = try RecordingReader.read(path: Fixture.path("recordings/flac516.hea"))
    let named = try RecordingReader.read(path: Fixture.path("recordings/flac516.dat"))
    #expect(isSame(named.samples, record.samples))
    #expect(named.sampleRateHz == record.sampleRateHz && named.channels == record.channels)
    // Without a header it is FLAC like any other, at the rate that FLAC says.
    let folder = try TemporaryFolder()
    let alone = try RecordingReader.read(path: folder.write("a.dat", Fixture.bytes("recordings/flac516.dat")))
    #expect(alone.sampleRateHz != record.sampleRateHz && alone.frameCount == record.frameCount)
  }

  @Test func whatDoesNotAgreeWithTheHeaderIsRefused() throws {
    let bytes = try Fixture.bytes("recordings/flac516.dat")
    #expect(try read(signals(3, "516"), bytes).frameCount == 120)
    #expect(try read(signals(3, "516x4", frames: "30"), bytes).frameCount == 120)
    expectFileError("holds 120 samples a signal, but the header says 119") {
      _ = try read(signals(3, "516", frames: "119"), bytes)
    }
    expectFileError("has 3 channels of one rate, the header 2 signals") { _ = try read(signals(2, "516"), bytes) }
    expectFileError("has 3 channels of one rate") {
      _ = try read("r 3 100\nr.dat 516\nr.dat 516\nr.dat 516x2\n", bytes)
    }
    expectFileError("no FLAC file of up to 8 bits a sample") { _ = try read(signals(3, "508"), bytes) }
    expectFileError("no FLAC file of up to 16 bits") {
      _ = try read(signals(2, "516"), Fixture.bytes("recordings/pcm16.wav"))
    }
    expectFileError("r.dat: not a WAV or FLAC file that can be opened") { _ = try read(signals(1, "516"), [1, 2, 3]) }
    expectFileError("should begin behind sample 121") { _ = try read(signals(3, "516+121"), bytes) }
    expectFileError("absent.dat: can't be opened (No such file") { _ = try read("r 1 1\nabsent.dat 516\n", bytes) }
  }

  @Test func samplesOfADamagedFileAreNeverMadeUp() throws {
    let bytes = try Fixture.bytes("recordings/flac524.dat")
    // Without checksums: FLAC has its own.
    let header = signals(3, "524")
    let whole = try read(header, bytes).samples
    for damaged in Array(Corruption.truncations(of: bytes)) + Corruption.flips(of: bytes, count: 400, seed: 8) {
      // A flip may be in what is no sample.
      if let samples = try? read(header, damaged).samples { #expect(isSame(samples, whole)) }
    }
    for damaged in Corruption.truncations(of: bytes) {
      expectFileError("r.dat: ") { _ = try read(header, damaged) }
    }
  }
#endif
