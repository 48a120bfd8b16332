/// Nanopore reads in a BLOW5 file, SLOW5's binary form: the current in picoampere, each read by its id.
///
/// 64 bytes of header, the lines of SLOW5's header, records, and a mark at the end. A record is compressed as a whole, and
/// the signal in it once more.
///
/// Source: the format's specification 1.0 (hasindu2008.github.io/slow5specs).
struct Blow5File: RecordingFile {
  /// How a file begins.
  static let mark = Array("BLOW5\u{1}".utf8)
  private static let endMark = Array("5WOLB".utf8)
  private static let headerBytes = 64
  /// A record's, decompressed: sixty million samples, four hours of a pore.
  private static let maximumRecordBytes = 1 << 27

  private let file: FileReader
  private let records: RecordCompression
  private let signals: SignalCompression
  // Of the next record.
  private var offset: Int

  init(path: String) throws(FileError) {
    file = try FileReader(path: path)
    let header = try file.wholeBytes(0..<Self.headerBytes + 4)
    // The version's three numbers stand behind the mark; before 0.2 signals were not compressed, and their byte was 0.
    guard header[Self.mark.count] <= 1, let records = RecordCompression(rawValue: header[9]),
      let signals = SignalCompression(rawValue: header[14])
    else {
      throw FileError(
        path: path,
        message: "a BLOW5 file of a version or compression that is not known: convert it, with 'slow5tools view'")
    }
    if records == .zstd { try OptionalFormats.requireZstd(path: path) }
    (self.records, self.signals) = (records, signals)
    offset = header.count + Int(header.littleEndian(UInt32.self, at: Self.headerBytes) ?? 0)
    let start = header.count..<min(offset, file.size)
    let lines = try file.bytes(start).split(separator: 0x0A)
    let columns = "#read_id\tread_group\tdigitisation\toffset\trange\tsampling_rate\tlen_raw_signal\traw_signal"
    guard start.upperBound == offset, lines.last?.starts(with: columns.utf8) == true else {
      throw FileError(path: path, message: "ends or is damaged before the columns' names: get it again")
    }
  }

  mutating func next() throws(FileError) -> (any RecordingSource)? {
    let size = try file.bytes(offset..<offset + 8)
    if size.starts(with: Self.endMark) && offset + Self.endMark.count == file.size { return nil }
    guard let size = size.littleEndian(UInt64.self, at: 0), size <= file.size - offset - 8 else {
      throw FileError(path: file.path, message: "ends within a read: the file is incomplete, get it again")
    }
    let start = offset + 8
    offset = start + Int(size)
    let compressed = try file.wholeBytes(start..<offset)
    guard let record = records.decompress(compressed, maximumBytes: Self.maximumRecordBytes),
      let read = read(record)
    else {
      throw FileError(path: file.path, message: "the read at byte \(start) is damaged: get the file again")
    }
    return try read.recording(path: file.path)
  }

  /// The read in a record's bytes: the fields that every read has, in their order.
  private func read(_ record: [UInt8]) -> NanoporeRead? {
    guard let idBytes = record.littleEndian(UInt16.self, at: 0).map(Int.init) else { return nil }
    // Behind the id, the number of the read's group.
    let fields = 2 + idBytes + 4
    func number(_ index: Int) -> Double? {
      record.littleEndian(UInt64.self, at: fields + 8 * index).map(Double.init(bitPattern:))
    }
    guard let digitisation = number(0), let offset = number(1), let range = number(2), let rate = number(3),
      let length = record.littleEndian(UInt64.self, at: fields + 32)
    else { return nil }
    let start = fields + 40
    guard let bytes = signals.bytes(ofLength: length), bytes <= record.count - start,
      let signal = signals.decompress(record[start..<start + bytes])
    else { return nil }
    return NanoporeRead(
      id: String(decoding: record[2..<2 + idBytes], as: UTF8.self), digitisation: digitisation, offset: offset,
      range: range, sampleRateHz: rate, signal: signal)
  }
}
