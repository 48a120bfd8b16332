import Glibc

/// The lines of a text file that are rows of a table, with where they begin: found once, so that any can be read.
struct TextRows {
  /// Rows from one known place to the next.
  static let step = 4096

  let file: FileReader
  private let delimiter: UInt8?
  /// Where rows 0, step, 2 · step, … begin, and where the file ends.
  private(set) var places: [Int] = []
  private(set) var count = 0

  /// - Parameters:
  ///   - skipping: rows before the first.
  ///   - delimiter: what separates the empty fields of a gap. Gaps are rows but in front of the header and at the end
  ///     of the file. Where it is nil, no such line is a row.
  init(_ file: FileReader, skipping: Int, gapDelimiter delimiter: UInt8?) throws(FileError) {
    (self.file, self.delimiter) = (file, delimiter)
    var (number, end) = (-skipping, 0)
    var places: [Int] = []
    try Self.forEachBlock(of: file) { block, start in
      Self.forEachRow(in: block, gapDelimiter: delimiter) { row, isGap in
        guard number >= 0 || !isGap else { return }
        if number >= 0 && number.isMultiple(of: Self.step) { places.append(start + row.lowerBound) }
        number += 1
        if !isGap { end = number }
      }
    }
    self.places = places + [file.size]
    count = max(0, end)
  }

  /// Hands out the rows `range`, each with its number.
  func forEach(
    _ range: Range<Int>, _ body: (Int, UnsafeBufferPointer<UInt8>) throws(FileError) -> Void
  ) throws(FileError) {
    guard !range.isEmpty else { return }
    for step in range.lowerBound / Self.step...(range.upperBound - 1) / Self.step {
      let bytes = try file.wholeBytes(places[step]..<places[step + 1])
      var number = step * Self.step
      try bytes.withUnsafeBufferPointer { (block) throws(FileError) in
        try Self.forEachRow(in: block, gapDelimiter: delimiter) { row, _ throws(FileError) in
          if range.contains(number) { try body(number, UnsafeBufferPointer(rebasing: block[row])) }
          number += 1
        }
      }
    }
  }

  /// The first rows of a file, without gaps, for finding out how it is written.
  static func first(_ count: Int, of file: FileReader) throws(FileError) -> [[UInt8]] {
    let start = try textStart(of: file)
    let bytes = try file.bytes(start..<min(file.size, start + 1 << 20))
    var rows: [[UInt8]] = []
    bytes.withUnsafeBufferPointer { block in
      forEachRow(in: block, gapDelimiter: nil) { row, _ in if rows.count <= count { rows.append(Array(block[row])) } }
    }
    // The last one may be cut off.
    if start + bytes.count < file.size && !rows.isEmpty { rows.removeLast() }
    return Array(rows.prefix(count))
  }

  /// The last comment before the first row, without its mark: NumPy's `savetxt` writes the header as one.
  static func lastComment(of file: FileReader) throws(FileError) -> [UInt8]? {
    let start = try textStart(of: file)
    let lines = try file.bytes(start..<min(file.size, start + 1 << 16)).split(separator: 0x0A)
    let comments = lines.prefix { firstMark(in: $0).map(isComment) ?? true }
    return comments.last { firstMark(in: $0) != nil }.map { line in
      Array(line.drop { isComment($0) || $0 == 0x20 || $0 == 0x09 })
    }
  }

  /// Where the text begins: behind a byte order mark.
  private static func textStart(of file: FileReader) throws(FileError) -> Int {
    try file.bytes(0..<min(file.size, 3)).withoutByteOrderMark.startIndex
  }

  /// Whole lines of the file, a megabyte at a time, with where each block begins.
  private static func forEachBlock(
    of file: FileReader, _ body: (UnsafeBufferPointer<UInt8>, Int) -> Void
  ) throws(FileError) {
    var (start, size) = (try textStart(of: file), 1 << 20)
    while start < file.size {
      let bytes = try file.bytes(start..<min(start + size, file.size))
      let isLast = start + bytes.count >= file.size || bytes.isEmpty
      guard let end = isLast ? bytes.count : bytes.lastIndex(of: 0x0A).map({ $0 + 1 }) else {
        size *= 2
        continue
      }
      bytes.withUnsafeBufferPointer { body(UnsafeBufferPointer(rebasing: $0[..<end]), start) }
      guard !isLast else { return }
      start += end
    }
  }

  /// The lines that are neither blank nor comments, without their ends, each with whether it is a gap.
  private static func forEachRow<Failure: Error>(
    in block: UnsafeBufferPointer<UInt8>, gapDelimiter: UInt8?, _ body: (Range<Int>, Bool) throws(Failure) -> Void
  ) throws(Failure) {
    guard let base = block.baseAddress else { return }
    var start = 0
    while start < block.count {
      let found = memchr(base + start, 0x0A, block.count - start)
      let lineEnd = found.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? block.count
      var end = lineEnd
      if end > start, block[end - 1] == 0x0D { end -= 1 }
      if let mark = firstMark(in: block[start..<end]) {
        if !isComment(mark) { try body(start..<end, false) }
      } else if let gapDelimiter, block[start..<end].contains(gapDelimiter) {
        try body(start..<end, true)
      }
      start = lineEnd + 1
    }
  }

  /// The first byte of a line that is neither a blank nor a delimiter.
  @inline(__always)
  private static func firstMark(in line: some Collection<UInt8>) -> UInt8? {
    line.first { $0 != 0x20 && $0 != 0x09 && $0 != 0x0D && $0 != 0x2C && $0 != 0x3B }
  }

  private static func isComment(_ mark: UInt8) -> Bool { mark == UInt8(ascii: "#") || mark == UInt8(ascii: "%") }
}
