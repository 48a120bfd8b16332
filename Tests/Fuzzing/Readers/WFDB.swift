import FuzzDriver

@testable import StreamIO

extension Readers {
  static let wfdb = [
    Fuzzer("wfdb-header") { bytes in
      let header = try WFDBHeader.parse(bytes, path: "x.hea")
      require(header.sampleRateHz > 0 && header.sampleRateHz.isFinite, "a rate above 0")
      require(header.signals.isEmpty != header.segments.isEmpty, "signals or segments")
      require(header.signals.allSatisfy { $0.gain != 0 && $0.gain.isFinite }, "gains to divide by")
      require(!header.signals.contains { $0.fileName.contains("/") }, "files of the header's folder")
    },
    // The first byte chooses the format, the second the sample to begin at.
    Fuzzer("wfdb-signals") { bytes in
      guard bytes.count >= 2 else { return }
      let formats = WFDBSignalFormat.allCases
      let format = formats[Int(bytes[0]) % formats.count]
      let stored = bytes[2...]
      let count = format.sampleCount(bytes: stored.count)
      require(format.byteCount(samples: count).map { $0 <= stored.count } ?? false, "samples lie within the bytes")
      let samples = format.decode(stored, count: count)
      let first = min(Int(bytes[1]), count)
      require(
        format.decode(stored, from: first, count: count - first) == Array(samples[first...]),
        "samples don't depend on where reading begins")
    },
    Fuzzer("wfdb-annotations") { bytes in
      let annotations = try WFDBAnnotations.parse(bytes, path: "x.atr", frameRateHz: 360, sampleRateHz: 720)
      check(annotations)
    },
    // The header, the signal file `x.dat`, the annotations, the header of a segment `y`.
    Fuzzer("wfdb-record", seeds: records.map(joined)) { bytes in
      let files = parts(bytes)
      let path = Scratch.write(files[0], "x.hea")
      _ = Scratch.write(files.count > 1 ? files[1] : [], "x.dat")
      _ = Scratch.write(files.count > 2 ? files[2] : [0, 0], "x.atr")
      _ = Scratch.write(files.count > 3 ? files[3] : [], "y.hea")
      try check(RecordingReader.open(path: path))
    },
  ]

  // Of each format but those without samples or in FLAC, which no 16 bytes are a file of.
  private static let records: [[[UInt8]]] =
    WFDBSignalFormat.allCases.filter { $0.sampleCount(bytes: 16) > 0 }.map { format in
      [Array("x 1 360\nx.dat \(format.rawValue) 200(0)/mV 12 0 0 0 0 MLII\n".utf8), Array(1...16), [1, 4, 0, 0]]
    } + [
      [Array("x 2 100\nx.dat 16x2:1+4 10 12 0 1 0 0 a\nx.dat 16+4 10 12 0 1 0 0 b\n".utf8), Array(1...64), [0, 0]],
      [
        Array("x/2 1 100 6\ny 2\n~ 4\n".utf8), [1, 2, 3, 4], [0, 0],
        Array("y 1 100 2\nx.dat 16 200 12 0 513 1540 0 MLII\n".utf8),
      ],
    ]
}
