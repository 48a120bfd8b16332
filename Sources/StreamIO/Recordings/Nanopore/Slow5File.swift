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
      guard let line = try nextLine(), line.first == UInt8(ascii: "#") || line.first == UInt8(ascii: "@")
      else {
        throw FileError(
          path: path, message: "ends or has reads before the columns' names: the file is damaged, get it again")
      }
      columns = Self.fields(line.dropFirst()).map { String(decoding: $0, as: UTF8.self) }
    }
  }

  mutating func next() throws(FileError) -> (any RecordingSource)? {
    guard let line = try nextLine() else { return nil }
    let fields = Self.fields(line)
    let id = String(decoding: fields[0], as: UTF8.self)
    func damaged(_ message: String) -> FileError { NanoporeRead.damaged(id, message, file.path) }
    guard fields.count == columns.count else { throw damaged("has \(fields.count) columns, not \(columns.count)") }
    func bytes(_ column: String) -> ArraySlice<UInt8> { columns.firstIndex(of: column).map { fields[$0] } ?? [] }
    func text(_ column: String) -> String { String(decoding: bytes(column), as: UTF8.self) }
    func number(_ column: String) -> Double { Double(text(column)) ?? .nan }
    var read = NanoporeRead(
      id: id, digitisation: number("digitisation"), offset: number("offset"), range: number("range"),
      sampleRateHz: number("sampling_rate"), signal: [])
    for raw in bytes("raw_signal").split(separator: UInt8(ascii: ",")) {
      let sample = String(decoding: raw, as: UTF8.self)
      guard let value = Int16(sample) else { throw damaged("has '\(sample)' in its signal") }
      read.signal.append(value)
    }
    guard Int(text("len_raw_signal")) == read.signal.count else {
      throw damaged("has \(read.signal.count) samples, not '\(text("len_raw_signal"))'")
    }
    return try read.recording(path: file.path)
  }

  private static func fields(_ line: ArraySlice<UInt8>) -> [ArraySlice<UInt8>] {
    line.split(separator: UInt8(ascii: "\t"), omittingEmptySubsequences: false)
  }

  /// The next line, without its end; nil at the end of the file.
  private mutating func nextLine() throws(FileError) -> ArraySlice<UInt8>? {
    var size = 1 << 18
    while offset < file.size {
      let bytes = try file.bytes(offset..<min(offset + size, file.size))
      if let end = bytes.firstIndex(of: 0x0A) {
        offset += end + 1
        return bytes[..<end]
      }
      guard offset + bytes.count < file.size, !bytes.isEmpty else {
        throw FileError(path: file.path, message: "ends within a line: the file is incomplete, get it again")
      }
      size *= 2
    }
    return nil
  }
}
