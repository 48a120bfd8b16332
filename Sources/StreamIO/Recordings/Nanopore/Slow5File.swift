/// Nanopore reads in a SLOW5 file (text): the current in picoampere, each read by its id.
///
/// Lines of `#` and `@` come first, the last of them with the columns' names; then a line a read.
///
/// Source: the format's specification 1.0 (hasindu2008.github.io/slow5specs).
struct Slow5File: RecordingFile {
  private let file: FileReader
  private var offset = 0
  private var columns: [String] = []

  init(path: String) throws(FileError) {
    file = try FileReader(path: path)
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
    func damaged(_ message: String) -> FileError { NanoporeRead.damaged(fields[0], message, file.path) }
    guard fields.count == columns.count else { throw damaged("has \(fields.count) columns, not \(columns.count)") }
    let values = Dictionary(zip(columns, fields)) { first, _ in first }
    func number(_ column: String) -> Double { Double(values[column] ?? "") ?? .nan }
    var read = NanoporeRead(
      id: String(fields[0]), digitisation: number("digitisation"), offset: number("offset"), range: number("range"),
      sampleRateHz: number("sampling_rate"), signal: [])
    for raw in (values["raw_signal"] ?? "").utf8.split(separator: UInt8(ascii: ",")) {
      guard let value = Int16(Substring(raw)) else { throw damaged("has '\(Substring(raw))' in its signal") }
      read.signal.append(value)
    }
    guard values["len_raw_signal"].flatMap({ Int($0) }) == read.signal.count else {
      throw damaged("has \(read.signal.count) samples, not \(values["len_raw_signal"] ?? "some")")
    }
    return try read.recording(path: file.path)
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
