import FuzzDriver

@testable import StreamIO

extension Readers {
  // A file's name matters to few formats; what it holds decides.
  static let recordings = [
    recording("edf", "x.edf"), recording("csv", "x.csv"),
    recording("ucr", "x.tsv", seed: "1\t0.5\t0.25\n2\t1\tNaN\n1\t3\t4\n"),
    recording("ts", "x.ts", seed: "@problemName x\n@classLabel true a b\n@data\n1,2,3:4,5,?:a\n1:2:b\n"),
    recording("slow5", "x.slow5"), recording("blow5", "x.blow5"), recording("array-recording", "x.npy"),
    Fuzzer("segments", seeds: [segment]) { bytes in
      let path = Scratch.write(bytes, "x.segment")
      try check(SegmentFolder(path: String(path.dropLast("/x.segment".count))))
    },
    Fuzzer("intervals") { bytes in
      let table = try IntervalTable(path: Scratch.write(bytes, "x.csv"))
      require(table.intervals.allSatisfy { $0.start <= $0.end && $0.start.isFinite && $0.end.isFinite }, "intervals")
    },
  ]

  /// Two blocks with a gap between them.
  private static var segment: [UInt8] {
    var bytes: [UInt8] = []
    for first in [10, 20] {
      SegmentBlock(
        run: 1, stream: "bed", epoch: 0, firstFrame: first, microseconds: 1_000_000, sampleRateHz: 100, channels: 2,
        units: "mV", samples: [1, 2, 3, 4]
      ).appendEncoded(to: &bytes)
    }
    return bytes
  }

  private static func recording(_ name: String, _ file: String, seed: String = "") -> Fuzzer {
    Fuzzer(name, seeds: [Array(seed.utf8)]) { bytes in try check(RecordingReader.open(path: Scratch.write(bytes, file)))
    }
  }

  /// The first recordings of a file, and frames at the beginning and the end of each.
  static func check(_ file: any RecordingFile) throws {
    var file = file
    for _ in 0..<8 {
      guard var source = try file.next() else { return }
      let header = source.header
      require(header.frameCount >= 1 && !header.channels.isEmpty, "a recording has samples")
      require(header.sampleRateHz.map { $0 > 0 && $0.isFinite } ?? true, "a rate above 0")
      check(header.annotations)
      let count = min(header.frameCount, 1 << 12, max(1, (1 << 16) / header.channels.count))
      let samples = try source.read(frames: 0..<count)
      require(samples.count == count * header.channels.count, "samples in whole frames")
      let parts = try source.read(frames: 0..<count / 2) + source.read(frames: count / 2..<count)
      require(parts.map(\.bitPattern) == samples.map(\.bitPattern), "samples don't depend on how they are read")
      _ = try source.read(frames: max(0, header.frameCount - count)..<header.frameCount)
    }
  }

  static func check(_ annotations: [Annotation]) {
    require(annotations.allSatisfy { $0.sample >= 0 && $0.durationSamples >= 0 }, "annotations of the recording")
    require(zip(annotations, annotations.dropFirst()).allSatisfy { $0.sample <= $1.sample }, "annotations in order")
  }
}
