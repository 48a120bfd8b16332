import ArgumentParser
import Classifier
import Foundation
import Glibc
import StreamIO
import Testing
import Windowing

@testable import sigstreamd

/// What a dataset is: all but where it came from.
private func expectEqual(_ a: Dataset, _ b: Dataset, sourceLocation: SourceLocation = #_sourceLocation) {
  #expect(a.sampleRateHz == b.sampleRateHz && a.channels == b.channels, sourceLocation: sourceLocation)
  #expect(a.annotationsOfNoClass == b.annotationsOfNoClass, sourceLocation: sourceLocation)
  for part in DatasetPart.allCases {
    let (x, y) = (a[part], b[part])
    #expect(x.records == y.records && x.groups == y.groups && x.rates == y.rates, sourceLocation: sourceLocation)
    #expect(x.frames == y.frames && x.sources == y.sources, sourceLocation: sourceLocation)
    #expect(x.unlabelled == y.unlabelled && x.incomplete == y.incomplete, sourceLocation: sourceLocation)
    #expect(x.windows.labels == y.windows.labels && x.windows.valid == y.windows.valid, sourceLocation: sourceLocation)
    #expect(x.windows.samples == y.windows.samples, sourceLocation: sourceLocation)
    #expect(x.windows.digest == y.windows.digest, sourceLocation: sourceLocation)
  }
}

struct DatasetCacheTests {
  private let folder: DatasetFolder
  private let cache: DatasetCache

  init() throws {
    folder = try DatasetFolder()
    cache = DatasetCache(folder: "\(folder.path)/cache")
  }

  /// Two recordings of a wave at two rates with gaps, and one of another part.
  private func recordings() throws {
    for (name, rate) in [("a", 100.0), ("b", 200.0), ("c", 100.0)] {
      var samples = (0..<Int(rate * 20)).map { Int16((1000 * sin(Double($0) / rate * 7)).rounded()) }
      samples[Int(rate * 11.3)] = .min
      let beats = (0..<40).map { (frame: Int(Double($0) * rate / 2), code: [1, 5, 8][$0 / 4 % 3]) }
      try folder.record(name, rate: rate, samples: samples, annotations: beats)
    }
  }

  private func write(_ lines: String...) throws -> String {
    let fixed = ["recordings: [ \"*.hea\" ]", "labels: { classes: { N: [ N ], V: [ V ] } }"]
    return try folder.write("dataset.yaml", (fixed + lines).joined(separator: "\n"))
  }

  private static let conditioned = "resample: 80Hz\nfilters: [ { highpass: 1Hz } ]\nsplit: { test: [ c ] }"

  /// The only file of windows in the cache.
  private func file() throws -> String {
    let names = try FileManager.default.contentsOfDirectory(atPath: cache.folder).filter { $0.hasSuffix(".windows") }
    try #require(names.count == 1, "\(names)")
    return "\(cache.folder)/\(names[0])"
  }

  @Test(arguments: [
    "windows: { length: 80, hop: 24 }", "windows: { length: 80, at: events }",
    "windows: { length: 800, at: start, offset: 1000 }",
  ])
  func aWarmCacheGivesWhatRecordingsGive(windows: String) throws {
    try recordings()
    let path = try write(windows, Self.conditioned)
    let plain = try Dataset.load(path)
    #expect(plain.origin == .recordings(notCached: "none is used") && plain.training.count > 1)
    let cold = try Dataset.load(path, cache: cache)
    #expect(cold.origin == .recordings(notCached: nil))
    let warm = try Dataset.load(path, cache: cache)
    #expect(warm.origin == .cache)
    expectEqual(cold, plain)
    expectEqual(warm, plain)
  }

  @Test func whatChangesTheWindowsIsCutAnew() throws {
    try recordings()
    func isCached(_ lines: String...) throws -> Bool {
      try Dataset.load(
        write((["windows: { length: 80, hop: 24 }", Self.conditioned] + lines).joined(separator: "\n")),
        cache: cache
      ).origin == .cache
    }
    #expect(try !isCached())
    #expect(try isCached("name: another name", "augmentation: { cutout: { probability: 1 } }"))
    #expect(try !isCached("exclude: [ a ]"))
    #expect(try !isCached("channels: [ MLII ]"))
    #expect(try !isCached("sampleRate: 90"))
    #expect(try isCached())
    // Another beat, and then another sample, in files of the same size and with the times they had.
    for name in ["b.atr", "b.dat"] {
      let path = "\(folder.path)/\(name)"
      var status = stat()
      stat(path, &status)
      var bytes = [UInt8](try Data(contentsOf: URL(filePath: path)))
      bytes[name == "b.atr" ? bytes.count - 3 : 500] = 5 << 2
      let file = try FileHandle(forUpdating: URL(filePath: path))
      try file.write(contentsOf: bytes)
      try file.close()
      utimensat(AT_FDCWD, path, [status.st_atim, status.st_mtim], 0)
      #expect(try !isCached(), "\(name)")
      #expect(try isCached(), "\(name)")
    }
    try folder.write("a.atr", [0, 0])
    expectFailure("a.hea: has no annotations") { _ = try isCached() }
  }

  @Test func anAnnotatorsFileCounts() throws {
    try recordings()
    for name in ["a", "b", "c"] { try folder.write("\(name).apn", [200, 1 << 2, 0, 0]) }
    let path = try folder.write(
      "apnea.yaml",
      """
      recordings: [ "*.hea" ]
      resample: 100Hz
      windows: { length: 80, at: events, offset: 0 }
      labels: { annotator: apn, classes: { N: [ N ], A: [ A ] } }
      """)
    func load() throws -> Dataset { try Dataset.load(path, cache: cache) }
    #expect(try load().origin != .cache && load().origin == .cache)
    // Code 8 of annot(5) is "A".
    try folder.write("b.apn", [200, 8 << 2, 0, 0])
    let changed = try load()
    #expect(changed.origin != .cache)
    #expect(changed.training.labels == [0, 1, 0])
  }

  @Test func allSegmentsAndLabelsOfAFolderCount() throws {
    let seen = "\(folder.path)/seen"
    for name in ["a", "b", "c"] {
      try folder.record(name, samples: Array(0..<160), annotations: nil)
      let convert = try Convert.parse(["\(folder.path)/\(name).hea", "\(seen)/"])
      try convert.run()
      try folder.write(
        "seen/\(name)-19700101T000000.labels.csv", "start_sample,end_sample,label\n0,80,N\n80,160,V\n")
    }
    let path = try folder.write(
      "seen.yaml",
      """
      recordings: [ seen ]
      windows: { length: 80 }
      labels: { from: intervals, intervals: "{name}.labels.csv", classes: [ N, V ] }
      split: { test: [ b ] }
      """)
    func isCached() throws -> Bool { try Dataset.load(path, cache: cache).origin == .cache }
    #expect(try !isCached() && isCached())
    // Labels of the recording that is not the first of the folder, then a file that another recording is in.
    try folder.write("seen/b-19700101T000000.labels.csv", "start_sample,end_sample,label\n0,160,N\n")
    #expect(try !isCached() && isCached())
    #expect(try Dataset.load(path, cache: cache).test.labels.allSatisfy { $0 == 0 })
    let last = try #require(SegmentFolder.files(in: seen).last)
    try FileManager.default.removeItem(atPath: last)
    #expect(try !isCached())
    #expect(try Dataset.load(path, cache: cache)[.training].records == ["a-19700101T000000"])
  }

  @Test func aDatasetThatMovedIsTheSame() throws {
    try recordings()
    let path = try write("windows: { length: 80 }", Self.conditioned)
    #expect(try Dataset.load(path, cache: cache).origin == .recordings(notCached: nil))
    let elsewhere = URL(filePath: folder.path).deletingLastPathComponent().appending(path: "more/set").path
    try FileManager.default.createDirectory(atPath: elsewhere, withIntermediateDirectories: true)
    for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) where name != "cache" {
      try FileManager.default.copyItem(atPath: "\(folder.path)/\(name)", toPath: "\(elsewhere)/\(name)")
    }
    #expect(try Dataset.load("\(elsewhere)/dataset.yaml", cache: cache).origin == .cache)
  }

  /// How a file of the cache may be damaged.
  enum Damage: CaseIterable {
    case truncated, empty, extended, sampleChanged, indexChanged, headerChanged, foreign, ofAnotherDataset
  }

  @Test(arguments: Damage.allCases) func aDamagedFileIsMadeAnew(damage: Damage) throws {
    try recordings()
    let path = try write("windows: { length: 80, hop: 24 }", Self.conditioned)
    let plain = try Dataset.load(path)
    _ = try Dataset.load(path, cache: cache)
    let file = try file()
    var bytes = [UInt8](try Data(contentsOf: URL(filePath: file)))
    switch damage {
    case .truncated: bytes.removeLast(100)
    case .empty: bytes = []
    case .extended: bytes += [0]
    case .sampleChanged: bytes[WindowFile.headerBytes + 1002] ^= 1
    case .indexChanged: bytes[bytes.count - 700] ^= 1
    case .headerChanged: bytes[WindowFile.magic.count + 5] ^= 1
    case .foreign: bytes = Array("a letter".utf8)
    case .ofAnotherDataset:
      let other = DatasetCache(folder: "\(folder.path)/other")
      _ = try Dataset.load(write("windows: { length: 80, hop: 16 }", Self.conditioned), cache: other)
      let name = try #require(
        FileManager.default.contentsOfDirectory(atPath: other.folder).first { $0.hasSuffix(".windows") })
      bytes = [UInt8](try Data(contentsOf: URL(filePath: "\(other.folder)/\(name)")))
      _ = try write("windows: { length: 80, hop: 24 }", Self.conditioned)
    }
    let handle = try FileHandle(forWritingTo: URL(filePath: file))
    try handle.truncate(atOffset: 0)
    try handle.write(contentsOf: bytes)
    try handle.close()
    let again = try Dataset.load(path, cache: cache)
    #expect(again.origin == .recordings(notCached: nil))
    expectEqual(again, plain)
    #expect(try Dataset.load(path, cache: cache).origin == .cache)
  }

  @Test func aCopyWithAnotherTimeIsReadAndTaken() throws {
    try recordings()
    let path = try write("windows: { length: 80, hop: 24 }", Self.conditioned)
    _ = try Dataset.load(path, cache: cache)
    let file = try file()
    let written = try #require(FileStatus(path: file)?.modified)
    utimensat(AT_FDCWD, file, nil, 0)
    #expect(FileStatus(path: file)?.modified != written)
    #expect(try Dataset.load(path, cache: cache).origin == .cache)
    #expect(FileStatus(path: file)?.modified == written, "the next run need not read it")
  }

  @Test func aFolderThatCanNotBeWrittenCostsOnlyTheCache() throws {
    try recordings()
    let path = try write("windows: { length: 80, hop: 24 }", Self.conditioned)
    let unusable = DatasetCache(folder: "\(path)/cache")
    let dataset = try Dataset.load(path, cache: unusable)
    guard case .recordings(.some) = dataset.origin else {
      Issue.record("\(dataset.origin)")
      return
    }
    expectEqual(dataset, try Dataset.load(path))
    // Something that is no file stands where the windows would.
    _ = try Dataset.load(path, cache: cache)
    let file = try file()
    try FileManager.default.removeItem(atPath: file)
    try FileManager.default.createDirectory(atPath: file, withIntermediateDirectories: true)
    try "x".write(toFile: "\(file)/x", atomically: false, encoding: .utf8)
    let mapped = try Dataset.load(path, cache: cache)
    guard case .recordings(.some(let problem)) = mapped.origin else {
      Issue.record("\(mapped.origin)")
      return
    }
    #expect(problem.contains(file))
    expectEqual(mapped, dataset)
  }

  /// A table of 64 channels at 100 Hz, whose very last number is `last`.
  private func table(_ name: String, rows: Int, last: String) throws {
    let names = (0..<64).map { "c\($0)" }.joined(separator: ",")
    var text = "time,label,\(names)\n"
    for row in 0..<rows {
      var numbers = (0..<64).map { String((row * 7 + $0) % 13) }
      if row == rows - 1 { numbers[63] = last }
      let label = row / 200 % 2 == 0 ? "N" : "V"
      text += "\(Double(row) / 100),\(label),\(numbers.joined(separator: ","))\n"
    }
    try folder.write("\(name).csv", text)
  }

  /// So many channels are read 4096 rows at a time: the last row tells when windows have been cut.
  @Test func aFileThatBreaksInTheMiddleLeavesNothing() throws {
    try table("a", rows: 1000, last: "1")
    try table("b", rows: 5000, last: "x")
    try table("c", rows: 1000, last: "1")
    let lines = [
      "recordings: [ \"*.csv\" ]", "labels: { from: column, column: label, classes: [ N, V ] }",
      "windows: { length: 80, hop: 24 }", Self.conditioned,
    ]
    let good = try Dataset.load(
      folder.write("good.yaml", (lines + ["exclude: [ b ]"]).joined(separator: "\n")))
    let file = try DatasetFile.read(path: folder.write("dataset.yaml", lines.joined(separator: "\n")))
    for cache in [cache, nil] {
      var broken: [String] = []
      let dataset = try Dataset(file, cache: cache) { broken.append("\($0)") }
      #expect(broken.count == 1 && broken[0].contains("'x' for a number"), "\(broken)")
      expectEqual(dataset, good)
      #expect(dataset.origin != .recordings(notCached: nil))
    }
  }

  @Test func whatWasNotUsedForLongestGoesFirst() throws {
    try recordings()
    var sizes: [Int] = []
    func load(_ hop: Int, limit: Int = .max) throws -> Dataset.Origin {
      var cache = cache
      cache.limitBytes = limit
      return try Dataset.load(write("windows: { length: 80, hop: \(hop) }", Self.conditioned), cache: cache).origin
    }
    #expect(try load(8) == .recordings(notCached: nil))
    sizes.append(try #require(FileStatus(path: file())?.size))
    #expect(try load(16) == .recordings(notCached: nil))
    #expect(try load(8) == .cache, "used after the other")
    // What a killed run has left goes too, what another writes stays.
    let abandoned = try folder.write("cache/abandoned.tmp", "x")
    let writer = try WindowFileWriter(in: cache.folder)
    #expect(try load(40, limit: 2 * sizes[0]) == .recordings(notCached: nil))
    #expect(!FileManager.default.fileExists(atPath: abandoned))
    let left = try FileManager.default.contentsOfDirectory(atPath: cache.folder)
    #expect(left.count { $0.hasSuffix(".windows") } == 2 && left.count { $0.hasSuffix(".tmp") } == 1)
    withExtendedLifetime(writer) {}
    #expect(try load(8) == .cache)
    #expect(try load(40, limit: 1) == .cache)
    #expect(try load(16, limit: 1) == .recordings(notCached: nil))
    #expect(try load(16) == .cache, "the newest stays")
    #expect(try load(8) == .recordings(notCached: nil))
  }

  /// Three blocks of 2 channels, of which the second is used, with missing samples at the blocks' borders.
  @Test func blocksMakeNoDifference() throws {
    let count = 300_000
    var samples = (0..<2 * count).map { Float(sin(Double($0) * 0.01)) + Float($0 % 7) }
    for frame in [131_071, 131_072, 262_143, 299_999] { samples[2 * frame + 1] = .nan }
    try folder.array("x.npy", shape: [count, 2], samples)
    let path = try folder.write(
      "dataset.yaml",
      """
      recordings: [ x.npy ]
      sampleRate: 100
      channels: [ 1 ]
      resample: 75Hz
      filters: [ { lowpass: 30Hz, order: 2 } ]
      labels: { from: file, classes: [ x, y ] }
      windows: { length: 1000, hop: 750 }
      """)
    let dataset = try Dataset.load(path, cache: cache)
    let conditioning = try #require(try SignalConditioning(from: 100, to: 75, filters: [.lowpass(30, order: 2)]))
    let column = (0..<count).map { samples[2 * $0 + 1] }
    let whole = conditioning.condition(
      column.map { $0.isNaN ? 0 : $0 }, channels: 1, maskedFrames: column.indices.filter { column[$0].isNaN })
    let masked = Set(whole.maskedFrames)
    let starts = stride(from: 0, through: whole.samples.count - 1000, by: 750).filter { start in
      !(start..<start + 1000).contains(where: masked.contains)
    }
    #expect(dataset[.training].sources.map(\.startSample) == starts && starts.count > 250)
    #expect(dataset.training.samples == starts.flatMap { whole.samples[$0..<$0 + 1000] })
    #expect(dataset[.training].incomplete == (whole.samples.count - 1000) / 750 + 1 - starts.count)
  }
}
