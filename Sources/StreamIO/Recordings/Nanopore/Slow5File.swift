/// Nanopore reads in a SLOW5 file (text): the current in picoampere, each read by its id.
///
/// Lines of `#` and `@` come first, the last of them with the columns' names; then a line a read. Its signal in picoampere is
/// (raw + offset) · range / digitisation.
///
/// Source: Gamaarachchi et al., Fast nanopore sequencing data analysis with SLOW5, Nature Biotechnology 40 (2022), and the
/// format's specification 1.0.
struct Slow5File: RecordingFile {
  private let file: FileReader
  private var offset = 0
  private var columns: [String] = []

  init(path: String) throws(FileError) {
    file = try FileReader(path: path)
    guard try !file.bytes(0..<min(5, file.size)).starts(with: Array("BLOW5".utf8)) else {
      throw FileError(
        path: path, message: "a BLOW5 file, which can't be read: convert it, with 'slow5tools view FILE -o FILE.slow5'")
    }
    while columns.first != "read_id" {
      guard let line = try nextLine(), line.first == "#" || line.first == "@" else {
        throw FileError(
          path: path, message: "ends or has reads before the columns' names: the file is damaged, get it again")
      }
      columns = line.dropFirst().split(separator: "\t", omittingEmptySubsequences: false).map(String.init)
    }
  }

  mutating func next() throws(FileError) -> (any RecordingSource)? {
    guard let line = try nextLine() else { return nil }
    let fields = line.split(separator: "\t", omittingEmptySubsequences: false)
    func error(_ message: String) -> FileError {
      FileError(path: file.path, message: "the read '\(fields[0])' \(message): the file is damaged, get it again")
    }
    guard fields.count == columns.count else { throw error("has \(fields.count) columns, not \(columns.count)") }
    let values = Dictionary(zip(columns, fields)) { first, _ in first }
    let numbers = ["digitisation", "offset", "range", "sampling_rate"].map { Double(values[$0] ?? "") ?? .nan }
    guard numbers.allSatisfy(\.isFinite), numbers[0] != 0, numbers[3] > 0, let text = values["raw_signal"] else {
      throw error("has no digitisation, offset, range, sampling_rate or raw_signal")
    }
    var samples: [Float] = []
    for raw in text.utf8.split(separator: UInt8(ascii: ",")) {
      guard let value = Int16(Substring(raw)) else { throw error("has '\(Substring(raw))' in its signal") }
      samples.append(Float((Double(value) + numbers[1]) * numbers[2] / numbers[0]))
    }
    guard !samples.isEmpty, values["len_raw_signal"].flatMap({ Int($0) }) == samples.count else {
      throw error("has \(samples.count) samples, not \(values["len_raw_signal"] ?? "some")")
    }
    let header = RecordingHeader(
      name: String(fields[0]), path: file.path, sampleRateHz: numbers[3],
      channels: [RecordingHeader.Channel(name: "current", units: "pA")], frameCount: samples.count)
    return Recording(header, samples: samples)
  }

  /// The next line, without its end; nil at the end of the file.
  private mutating func nextLine() throws(FileError) -> String? {
    var size = 1 << 18
    while offset < file.size {
      let bytes = try file.bytes(offset..<min(offset + size, file.size))
      if let end = bytes.firstIndex(of: 0x0A) {
        offset += end + 1
        return String(decoding: bytes[..<end], as: UTF8.self)
      }
      guard offset + bytes.count < file.size, !bytes.isEmpty else {
        throw FileError(path: file.path, message: "ends within a line: the file is incomplete, get it again")
      }
      size *= 2
    }
    return nil
  }
}
