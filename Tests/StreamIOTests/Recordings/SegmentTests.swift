import Foundation
import Testing

@testable import StreamIO

struct SegmentTests {
  private let folder = FileManager.default.temporaryDirectory.appending(path: "segments-\(UUID().uuidString)").path

  private func block(
    _ stream: String = "bed-3", epoch: Int = 0, from first: Int, count: Int = 100, run: Int64 = 7
  ) -> SegmentBlock {
    // The value of a sample is its index in the stream; 100 Hz from 2026-11-26T20:02:33 on.
    SegmentBlock(
      run: run, stream: stream, epoch: epoch, firstFrame: first,
      microseconds: 1_795_723_353_000_000 + Int64(first) * 10_000,
      sampleRateHz: 100, channels: 1, units: "mV", samples: (first..<first + count).map(Float.init))
  }

  private func write(_ blocks: [SegmentBlock], largest: Int = 1 << 20, keep: Int = 1 << 30) throws {
    let writer = try SegmentWriter(folder: folder, largestFileBytes: largest, keptBytes: keep)
    for block in blocks { try writer.append([block]) }
  }

  private func readAll() throws -> [(header: RecordingHeader, samples: [Float])] {
    var file = try RecordingReader.open(path: folder)
    var all: [(RecordingHeader, [Float])] = []
    while var source = try file.next() { all.append((source.header, try source.readAll().samples)) }
    return all
  }

  @Test func whatWasWrittenIsReadAgainAcrossFiles() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // A file for each block.
    try write([block(from: 50), block(from: 150), block("probe/1", from: 0, count: 10)], largest: 64)
    #expect(SegmentFolder.files(in: folder).count == 3)
    let all = try readAll()
    try #require(all.count == 2)
    #expect(all[0].header.name == "bed-3-20261126T200233")
    #expect(all[0].samples == (50..<250).map(Float.init))
    #expect(all[0].header.sampleRateHz == 100)
    #expect(all[0].header.channels == [.init(name: "0", units: "mV")])
    #expect(all[0].header.startMicroseconds == 1_795_723_353_500_000)
    #expect(all[0].header.stream == StreamPlace(stream: "bed-3", epoch: 0, firstFrame: 50))
    #expect(all[1].header.name == "probe_1-20261126T200233")
    let part = try RecordingReader.read(path: "\(folder)/bed-3-20261126T200233")
    #expect(part.samples == all[0].samples)
  }

  @Test func aFolderIsScannedOnceForItsRecordings() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try write([block(from: 0), block("other", from: 0)])
    var scanned: SegmentFolder?
    func open(_ name: String) throws -> [Float]? {
      var file = try RecordingReader.open(path: "\(folder)/\(name)-20261126T200233", folder: &scanned)
      guard var source = try file.next() else { return nil }
      return try source.readAll().samples
    }
    #expect(try open("bed-3") == (0..<100).map(Float.init))
    // What comes later is not seen, until another folder was opened.
    try write([block("later", from: 0)])
    #expect(try open("other") == (0..<100).map(Float.init))
    expectFileError("no recording 'later-20261126T200233'") { _ = try open("later") }
    scanned = nil
    #expect(try open("later") == (0..<100).map(Float.init))
  }

  @Test func gapsAreMissingSamplesAndLongPausesAndEpochsBeginAnew() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // 100 frames, a gap of 50, 100 more; 61 s of nothing; another epoch; another run.
    try write([
      block(from: 0), block(from: 150), block(from: 250 + 6100), block(epoch: 1, from: 0), block(from: 0, run: 8),
    ])
    let all = try readAll()
    #expect(all.map(\.samples.count) == [250, 100, 100, 100])
    #expect(all[0].samples[100..<150].allSatisfy { $0.isNaN })
    #expect(all[0].samples[150...].elementsEqual((150..<250).map(Float.init)))
    #expect(Set(all.map(\.header.name)).count == 4)
  }

  @Test func framesHaveTheTimesOfTheClockAtAnotherPace() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // Two blocks of 100 frames of 100 Hz, the second half a second after the first: twice as fast.
    var second = block(from: 100)
    second.microseconds = block(from: 0).microseconds + 500_000
    try write([block(from: 0), second])
    let file = try SegmentFolder(path: folder)
    let times = [0, 50, 100, 150].map { file.microseconds(ofFrame: $0, recording: 0) - block(from: 0).microseconds }
    #expect(times == [0, 250_000, 500_000, 750_000])
    #expect((0..<200).allSatisfy { file.frame(at: file.microseconds(ofFrame: $0, recording: 0), recording: 0) == $0 })
    // Frames are 5 ms apart.
    let start = block(from: 0).microseconds
    let moments: [Int64] = [start - 1_000_000, start + 2400, start + 2600, start + 2_000_000, .min, .max]
    #expect(moments.map { file.frame(at: $0, recording: 0) } == [0, 0, 1, 199, 0, 199])
  }

  @Test func aColumnOfTheLongestNameIsReadAgain() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let name = String(repeating: "x", count: StreamName.maximumBytes) + ".16777215"
    try write([block(name, from: 0)])
    // The next writer would cut off what can't be read.
    try write([block(name, from: 100)])
    let all = try readAll()
    #expect(all.map(\.header.stream?.stream) == [name])
    #expect(all.first?.samples == (0..<200).map(Float.init))
  }

  @Test func aWriterTellsWhenItsFilesWereRemoved() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    let writer = try SegmentWriter(folder: folder, largestFileBytes: 1 << 20, keptBytes: 1 << 30)
    #expect(writer.isInPlace)
    try writer.append([block(from: 0)])
    #expect(writer.isInPlace)
    try FileManager.default.removeItem(atPath: SegmentFolder.files(in: folder)[0])
    #expect(!writer.isInPlace)
    let other = try SegmentWriter(folder: "\(folder)-2", largestFileBytes: 1 << 20, keptBytes: 1 << 30)
    defer { try? FileManager.default.removeItem(atPath: "\(folder)-2") }
    try FileManager.default.removeItem(atPath: "\(folder)-2")
    try FileManager.default.createDirectory(atPath: "\(folder)-2", withIntermediateDirectories: false)
    #expect(!other.isInPlace, "another folder of the same name")
  }

  @Test func everyTornTailIsCutAndTheWholeBlocksStay() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try write([block(from: 0), block(from: 100)])
    let path = try #require(SegmentFolder.files(in: folder).first)
    let bytes = try Data(contentsOf: URL(filePath: path))
    // 60 bytes of head, 5 and 2 of names, 400 of samples.
    #expect(bytes.count == 2 * 467)
    for length in stride(from: 467, to: bytes.count, by: 7) {
      try bytes.prefix(length).write(to: URL(filePath: path))
      let first = try readAll()[0].samples
      #expect(first.count == 100)
      _ = try SegmentWriter(folder: folder, largestFileBytes: 1 << 20, keptBytes: 1 << 30)
      let left = try Data(contentsOf: URL(filePath: path))
      #expect(left == bytes.prefix(467))
    }
  }

  @Test func aDamagedBlockIsSkippedAndReported() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try write([block(from: 0), block(from: 100), block(from: 200)])
    let path = try #require(SegmentFolder.files(in: folder).first)
    let bytes = try Data(contentsOf: URL(filePath: path))
    // In the second block: its mark, its names, its first and its last sample.
    for offset in [0, 61, 67, 466] {
      var damaged = bytes
      damaged[467 + offset] ^= 0x10
      try damaged.write(to: URL(filePath: path))
      var file = try SegmentFolder(path: folder)
      let next = file.next()
      var source = try #require(next)
      let samples = try source.readAll().samples
      #expect(source.header.damage != nil)
      #expect(samples.count == 300)
      #expect(samples[..<100].elementsEqual((0..<100).map(Float.init)))
      #expect(samples[100..<200].allSatisfy { $0.isNaN })
      #expect(samples[200...].elementsEqual((200..<300).map(Float.init)))
    }
  }

  @Test func damagedFilesNeverTrap() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    try write([block(from: 0, count: 20), block("other", from: 5, count: 20)])
    let path = try #require(SegmentFolder.files(in: folder).first)
    for changed in Corruption.flips(of: Array(try Data(contentsOf: URL(filePath: path))), count: 500, seed: 11) {
      try Data(changed).write(to: URL(filePath: path))
      // Values that are there are those written: 0...24.
      for (_, samples) in (try? readAll()) ?? [] {
        #expect(samples.allSatisfy { $0.isNaN || (0...24).contains($0) })
      }
    }
  }

  @Test(arguments: [Int64.min, .max, 1 << 61 + 1])
  func timesBeyondAllAreDamageWhateverTheChecksumSays(microseconds: Int64) throws {
    var beyond = block(from: 0)
    beyond.microseconds = microseconds
    var bytes: [UInt8] = []
    beyond.appendEncoded(to: &bytes)
    #expect(StoredSegmentHead(bytes[...]) == nil)
  }

  @Test func theOldestFilesGoAndOneWriterHasAFolder() throws {
    defer { try? FileManager.default.removeItem(atPath: folder) }
    // A file of 467 bytes for each block; three have room.
    try write((0..<10).map { block(from: 100 * $0) }, largest: 64, keep: 1500)
    let all = try readAll()
    #expect(all.map(\.header.stream?.firstFrame) == [700])
    #expect(all[0].samples == (700..<1000).map(Float.init))
    let writer = try SegmentWriter(folder: folder, largestFileBytes: 64, keptBytes: 1500)
    #expect(throws: FileError.self) { try SegmentWriter(folder: folder, largestFileBytes: 64, keptBytes: 1500) }
    #expect(writer.totalBytes == 3 * 467)
  }
}
