/// The annotations of one data record of an EDF+ file: lists of an onset in seconds since the file's start, a duration and
/// texts, as `+ONSET[\u{15}DURATION]\u{14}TEXT\u{14}…\u{14}\0`.
///
/// The first list of a record has an empty text first: its onset is when the record begins.
struct EDFAnnotations {
  struct Entry {
    var onsetSeconds: Double
    var durationSeconds: Double
    var text: String
  }

  /// When the data record begins; nil where it doesn't say.
  private(set) var recordSeconds: Double?
  private(set) var entries: [Entry] = []

  /// Takes in the bytes of an annotation signal. Lists that are none are left out: they are notes beside the samples.
  mutating func add(_ bytes: ArraySlice<UInt8>) {
    for list in bytes.split(separator: 0) {
      let parts = list.split(separator: 0x14, omittingEmptySubsequences: false)
      let times = parts[0].split(separator: 0x15, omittingEmptySubsequences: false)
      guard let onset = Double(String(decoding: times[0], as: UTF8.self)), onset.isFinite, abs(onset) < 1e10 else {
        continue
      }
      let duration = times.count > 1 ? Double(String(decoding: times[1], as: UTF8.self)) ?? 0 : 0
      let texts = parts.dropFirst()
      if texts.first?.isEmpty == true && recordSeconds == nil { recordSeconds = onset }
      for text in texts where !text.isEmpty {
        entries.append(
          Entry(
            onsetSeconds: onset, durationSeconds: (0...1e10).contains(duration) ? duration : 0,
            text: String(decoding: text, as: UTF8.self)))
      }
    }
  }
}

extension EDFAnnotations {
  /// The annotations of a file's first `count` data records, and when each of these begins.
  static func read(
    _ file: FileReader, _ edf: EDFHeader, records count: Int
  ) throws(FileError) -> (entries: [Entry], recordSeconds: [Double]) {
    let sources = edf.signals.filter(\.isAnnotations)
    var entries: [Entry] = []
    var recordSeconds: [Double] = []
    for record in 0..<count {
      var found = EDFAnnotations()
      for signal in sources {
        let start = edf.headerBytes + record * edf.recordBytes + signal.offset
        found.add(try file.wholeBytes(start..<start + signal.samples * edf.sampleBytes)[...])
      }
      recordSeconds.append(found.recordSeconds ?? Double(record) * edf.recordSeconds)
      entries += found.entries
    }
    return (entries, recordSeconds)
  }
}
