/// EDF and BDF files, with the annotations and gaps of EDF+ and BDF+.
///
/// The recording has the rate of the fastest signal; a slower one holds each of its samples until the next. Gaps between
/// data records are missing samples. Signals without a digital range, which fill places of a montage, are left out.
struct EDFRecording: RecordingSource {
  private(set) var header: RecordingHeader
  private let file: FileReader
  private let edf: EDFHeader
  private let signals: [EDFHeader.Signal]
  // Frames of a data record, and where in the recording each begins where there are gaps.
  private let recordFrames: Int
  private var starts: [Int]?

  init(path: String) throws(FileError) {
    file = try FileReader(path: path)
    edf = try EDFHeader(file)
    signals = edf.signals.filter(\.holdsSamples)
    guard let fastest = signals.map(\.samples).max() else {
      throw FileError(
        path: path,
        message: "holds annotations only, or signals without a digital range: name the file with the signals; "
          + "'sigstreamd convert \(path) NAME.labels.csv' makes a table of annotations, which a dataset takes with "
          + "'from: intervals'")
    }
    recordFrames = fastest
    let count = try edf.records(inFileOf: file.size)
    let rate = Double(fastest) / edf.recordSeconds
    guard rate > 0, rate.isFinite else {
      throw FileError(
        path: path, message: "data records of \(edf.recordSeconds) seconds have no rate: save it with a rate")
    }
    header = RecordingHeader(
      name: FilePath.stem(path), path: path, sampleRateHz: rate,
      channels: signals.enumerated().map {
        RecordingHeader.Channel(name: $1.label.isEmpty ? String($0) : $1.label, units: $1.units)
      }, frameCount: count * fastest)
    header.startMicroseconds = edf.startMicroseconds
    header.damage = Self.placeholders(of: edf, path: path)
    try readAnnotations(records: count)
  }

  func read(frames: Range<Int>) throws(FileError) -> [Float] {
    var samples = [Float](repeating: .nan, count: frames.count * signals.count)
    for record in records(touching: frames) {
      let start = starts?[record] ?? record * recordFrames
      let bytes = try recordBytes(record)
      let part = (start..<start + recordFrames).clamped(to: frames)
      for (column, signal) in signals.enumerated() {
        for frame in part {
          let position = signal.offset + (frame - start) * signal.samples / recordFrames * edf.sampleBytes
          let value = Double(digital(bytes, at: position)) - signal.digitalMinimum
          samples[(frame - frames.lowerBound) * signals.count + column] = Float(
            value * signal.scale + signal.physicalMinimum)
        }
      }
    }
    return samples
  }

  /// Tells which signals are left out; nil: none.
  private static func placeholders(of edf: EDFHeader, path: String) -> FileError? {
    let labels = edf.signals.filter(\.isPlaceholder).map { "'\($0.label)'" }
    guard !labels.isEmpty else { return nil }
    return FileError(
      path: path,
      message: "left out, as their digital minimum is their maximum: \(labels.joined(separator: ", ")); "
        + "where they are no placeholders, get the file again")
  }

  private func digital(_ bytes: [UInt8], at position: Int) -> Int {
    let low = Int(bytes[position]) | Int(bytes[position + 1]) << 8
    guard edf.sampleBytes == 3 else { return Int(Int16(truncatingIfNeeded: low)) }
    return low | Int(Int8(bitPattern: bytes[position + 2])) << 16
  }

  private func recordBytes(_ record: Int) throws(FileError) -> [UInt8] {
    let start = edf.headerBytes + record * edf.recordBytes
    return try file.wholeBytes(start..<start + edf.recordBytes)
  }

  private func records(touching frames: Range<Int>) -> any Sequence<Int> {
    guard !frames.isEmpty else { return 0..<0 }
    guard let starts else { return frames.lowerBound / recordFrames..<(frames.upperBound - 1) / recordFrames + 1 }
    return starts.indices.filter { starts[$0] < frames.upperBound && starts[$0] + recordFrames > frames.lowerBound }
  }

  private mutating func readAnnotations(records count: Int) throws(FileError) {
    guard edf.signals.contains(where: \.isAnnotations), let rate = header.sampleRateHz else { return }
    let (entries, recordSeconds) = try EDFAnnotations.read(file, edf, records: count)
    // The first record's onset is the fraction of a second that the start time leaves out.
    let origin = recordSeconds[0]
    header.startMicroseconds = header.startMicroseconds.map { $0 + Int((origin * 1e6).rounded()) }
    header.annotations = entries.compactMap { entry in
      guard let sample = Self.frames((entry.onsetSeconds - origin) * rate), sample >= 0,
        let duration = Self.frames(entry.durationSeconds * rate)
      else { return nil }
      return Annotation(sample: sample, symbol: "\"", auxiliary: entry.text, durationSamples: duration)
    }.sorted { $0.sample < $1.sample }
    if edf.isDiscontinuous {
      let starts = recordSeconds.compactMap { Self.frames(($0 - origin) * rate) }
      guard starts.count == count else {
        throw FileError(
          path: header.path, message: "its data records lie beyond all times: the file is damaged, get it again")
      }
      try place(starts)
    }
  }

  /// The nearest whole number; nil beyond the frames that any recording has.
  private static func frames(_ count: Double) -> Int? {
    abs(count) < 0x1p53 ? Int(count.rounded()) : nil
  }

  private mutating func place(_ starts: [Int]) throws(FileError) {
    guard zip(starts, starts.dropFirst()).allSatisfy({ $0 + recordFrames <= $1 + 1 }), let last = starts.last else {
      throw FileError(path: header.path, message: "its data records overlap in time: the file is damaged, get it again")
    }
    self.starts = starts
    header.frameCount = last + recordFrames
  }
}
