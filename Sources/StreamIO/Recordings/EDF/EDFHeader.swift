/// The header of an EDF, EDF+, BDF or BDF+ file: 256 bytes, and 256 for each signal, all in ASCII.
///
/// | bytes | content | | bytes of each signal | content |
/// |---|---|---|---|---|
/// | 0, 8 | version: "0", or 0xFF and "BIOSEMI" for BDF | | 16 | label |
/// | 168, 8 | date, dd.mm.yy | | 80 | transducer |
/// | 176, 8 | time, hh.mm.ss | | 8 | units |
/// | 184, 8 | bytes of the header | | 8, 8 | physical minimum, maximum |
/// | 192, 44 | "EDF+C", "EDF+D", … | | 8, 8 | digital minimum, maximum |
/// | 236, 8 | number of data records, or -1 | | 80 | filters |
/// | 244, 8 | seconds of a data record | | 8 | samples in a data record |
/// | 252, 4 | number of signals | | 32 | reserved |
///
/// Each field stands for all signals before the next one. Source: Kemp et al., EDF (1992) and EDF+ (2003), edfplus.info;
/// BioSemi's BDF has 24 bits for a sample instead of 16.
struct EDFHeader {
  struct Signal {
    var label = ""
    var units = ""
    var physicalMinimum = 0.0
    var digitalMinimum = 0.0
    /// Physical units of one digital unit.
    var scale = 1.0
    /// In a data record, at least 1.
    var samples = 0
    /// Bytes of a data record before its samples.
    var offset = 0

    /// Whether it holds annotations instead of samples.
    var isAnnotations: Bool { label == "EDF Annotations" || label == "BDF Annotations" }
    /// Whether it is a signal whose digital limits are the same, as of those named '-' that fill places of a montage.
    var isPlaceholder = false
    var holdsSamples: Bool { !isAnnotations && !isPlaceholder }
  }

  let sampleBytes: Int
  let headerBytes: Int
  let startMicroseconds: Int?
  /// Whether data records may have gaps between them.
  let isDiscontinuous: Bool
  /// nil where the recorder could not say.
  let recordCount: Int?
  let recordSeconds: Double
  private(set) var signals: [Signal] = []
  private(set) var recordBytes = 0

  private let bytes: [UInt8]
  private let path: String

  /// - Parameter bytes: the file's, from its start: the header or more.
  init(_ bytes: [UInt8], path: String) throws(FileError) {
    (self.bytes, self.path) = (bytes, path)
    guard bytes.count >= 256 else {
      throw FileError(path: path, message: "ends within its header: the file is incomplete, get it again")
    }
    func text(_ start: Int, _ count: Int) -> String { Self.text(bytes[start..<start + count]) }
    sampleBytes = bytes[0] == 0xFF ? 3 : 2
    startMicroseconds = Self.start(date: text(168, 8), time: text(176, 8))
    isDiscontinuous = text(192, 44).hasPrefix("EDF+D") || text(192, 44).hasPrefix("BDF+D")
    guard let count = Int(text(252, 4)), (1...4096).contains(count), bytes.count >= 256 * (count + 1) else {
      throw FileError(path: path, message: "states no number of signals, or ends within its header: get the file again")
    }
    guard let records = Int(text(236, 8)), records >= -1, let seconds = Double(text(244, 8)), seconds.isFinite,
      seconds >= 0
    else {
      throw FileError(path: path, message: "states no number or length of its data records: get the file again")
    }
    (headerBytes, recordSeconds) = (256 * (count + 1), seconds)
    recordCount = records == -1 ? nil : records
    for index in 0..<count { signals.append(try signal(index, of: count)) }
  }

  private mutating func signal(_ index: Int, of count: Int) throws(FileError) -> Signal {
    // Where a field of all signals begins, and its width.
    func text(_ before: Int, _ width: Int) -> String {
      let start = 256 + before * count + width * index
      return Self.text(bytes[start..<start + width])
    }
    var signal = Signal(label: text(0, 16), units: text(96, 8))
    let limits = [104, 112, 120, 128].map { NumberText.value(text($0, 8), decimal: .init(ascii: ",")) ?? .nan }
    guard let samples = Int(text(216, 8)), (1...1 << 24).contains(samples) else {
      throw FileError(path: path, message: "signal \(index) has no samples in its header: get the file again")
    }
    (signal.samples, signal.offset) = (samples, recordBytes)
    recordBytes += samples * sampleBytes
    signal.isPlaceholder = !signal.isAnnotations && limits[2] == limits[3]
    guard signal.holdsSamples else { return signal }
    guard limits.allSatisfy(\.isFinite) else {
      throw FileError(path: path, message: "signal \(index) has no limits in its header: get the file again")
    }
    signal.physicalMinimum = limits[0]
    signal.digitalMinimum = limits[2]
    signal.scale = (limits[1] - limits[0]) / (limits[3] - limits[2])
    return signal
  }

  /// The data records of a file of `size` bytes.
  ///
  /// - Throws: `FileError` where it holds fewer than the header says, or none.
  func records(inFileOf size: Int) throws(FileError) -> Int {
    let held = (size - headerBytes) / recordBytes
    let count = recordCount ?? held
    guard count > 0, count <= held else {
      throw FileError(
        path: path,
        message: "holds \(held) data records, the header says \(count): the file is incomplete, get it again")
    }
    return count
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    // Some writers have Latin-1.
    guard bytes.contains(where: { $0 >= 0x80 }) else { return String(decoding: bytes, as: UTF8.self).trimmingBlanks }
    return String(String.UnicodeScalarView(bytes.map { Unicode.Scalar($0) })).trimmingBlanks
  }

  /// Years are 1985 to 2084.
  private static func start(date: String, time: String) -> Int? {
    let date = date.split(separator: ".").compactMap { Int($0) }
    let time = time.split(separator: ".").compactMap { Int($0) }
    guard date.count == 3, time.count == 3, (0...99).contains(date[2]) else { return nil }
    guard time.allSatisfy({ (0...59).contains($0) }) else { return nil }
    return ClockTime.microseconds(
      year: date[2] + (date[2] < 85 ? 2000 : 1900), month: date[1], day: date[0],
      seconds: Double(time[0] * 3600 + time[1] * 60 + time[2]))
  }
}

extension EDFHeader {
  init(_ file: FileReader) throws(FileError) {
    // As long as the longest header.
    try self.init(file.bytes(0..<min(file.size, 256 * 4097)), path: file.path)
  }
}
