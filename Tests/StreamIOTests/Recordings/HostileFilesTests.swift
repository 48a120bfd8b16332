import Testing

@testable import StreamIO

/// Files whose numbers are beyond what anything has, as a fuzzer writes them: refused, and no memory taken.
@Suite struct HostileFilesTests {
  /// An EDF+ file of two data records, of 4 samples of one signal and an annotation list each.
  private static func edf(recordSeconds: String, annotations: [String]) -> [UInt8] {
    func field(_ text: String, _ width: Int) -> [UInt8] {
      Array(text.utf8) + [UInt8](repeating: 0x20, count: width - text.utf8.count)
    }
    let signals: [([String], Int)] = [
      (["ECG", "EDF Annotations"], 16), (["", ""], 80), (["mV", ""], 8), (["-1", "-1"], 8), (["1", "1"], 8),
      (["-32768", "-32768"], 8), (["32767", "32767"], 8), (["", ""], 80), (["4", "32"], 8), (["", ""], 32),
    ]
    var bytes = field("0", 8) + field("", 160) + field("01.01.20", 8) + field("00.00.00", 8) + field("768", 8)
    bytes += field("EDF+D", 44) + field("2", 8) + field(recordSeconds, 8) + field("2", 4)
    for (texts, width) in signals { bytes += texts.flatMap { field($0, width) } }
    for list in annotations {
      bytes += [1, 0, 2, 0, 3, 0, 4, 0] + list.utf8 + [UInt8](repeating: 0, count: 64 - list.utf8.count)
    }
    return bytes
  }

  private static func list(_ onset: String) -> String { "+\(onset)\u{14}\u{14}\0" }

  @Test func aGapOfYearsIsReadInPartsButNotAsAWhole() throws {
    let folder = try TemporaryFolder()
    // 9e9 s at 4000 Hz are 144 TB.
    let path = try folder.write(
      "gap.edf", Self.edf(recordSeconds: "0.001", annotations: [Self.list("0"), Self.list("9000000000")]))
    var source = try RecordingReader.openSingle(path: path)
    let count = 36_000_000_000_004
    #expect(source.header.frameCount == count)
    let last = try source.read(frames: count - 5..<count)
    #expect(last[0].isNaN && last.dropFirst().allSatisfy { $0.isFinite })
    #expect(throws: FileError.self) { try RecordingReader.read(path: path) }
  }

  @Test(arguments: ["1e-308", "0", "-0", "nan", "inf"])
  func dataRecordsThatGiveNoRateAreRefused(seconds: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "rate.edf", Self.edf(recordSeconds: seconds, annotations: [Self.list("0"), Self.list("1")]))
    #expect(throws: FileError.self) { try RecordingReader.read(path: path) }
  }

  /// Its first segment has no frames, which makes it the layout, and no signals.
  @Test func aWFDBRecordThatIsItsOwnLayoutIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("x.hea", Array("x/2 9 100\n~ 100 2\nx 0\n".utf8))
    let error = #expect(throws: FileError.self) { try RecordingReader.read(path: path) }
    #expect(error?.description.contains("a record of segments can't be a segment") == true)
  }

  @Test func dataRecordsBeyondAllFramesAreRefused() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write(
      "far.edf", Self.edf(recordSeconds: "1e-300", annotations: [Self.list("0"), Self.list("9000000000")]))
    #expect(throws: FileError.self) { try RecordingReader.read(path: path) }
  }

  @Test func annotationsBeyondAllFramesAreLeftOut() throws {
    let folder = try TemporaryFolder()
    let first = Self.list("0") + "+9000000000\u{14}far\u{14}\0+0\u{15}9000000000\u{14}long\u{14}\0"
    let path = try folder.write(
      "far.edf", Self.edf(recordSeconds: "1e-9", annotations: [first, Self.list("1e-9")]))
    #expect(try RecordingReader.read(path: path).annotations.isEmpty)
  }

  @Test func aRateBeyondAllNumbersIsRefused() throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("x.hea", Array("x 1 1e308 1\nx.dat 16x16\n".utf8))
    _ = try folder.write("x.dat", [UInt8](repeating: 0, count: 32))
    #expect(throws: FileError.self) { try RecordingReader.read(path: path) }
  }

  @Test(arguments: ["0,1\n1e-320,2\n", "0,1\ninf,2\n"])
  func timesThatGiveNoRateGiveNone(rows: String) throws {
    let folder = try TemporaryFolder()
    let path = try folder.write("x.csv", Array("time,ecg\n\(rows)".utf8))
    let recording = try RecordingReader.read(path: path)
    #expect(recording.sampleRateHz == nil && recording.samples == [1, 2])
  }
}
