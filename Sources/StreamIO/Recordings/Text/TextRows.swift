import Glibc

/// The lines of a text file that are rows of a table, with where they begin: found once, so that any can be read.
struct TextRows {
  /// Rows from one known place to the next.
  static let step = 4096

  let file: FileReader
  /// Where rows 0, step, 2 · step, … begin, and where the file ends.
  private(set) var places: [Int] = []
  private(set) var count = 0

  /// - Parameter skipping: rows before the first.
  init(_ file: FileReader, skipping: Int) throws(FileError) {
    self.file = file
    var number = -skipping
    var places: [Int] = []
    try Self.forEachBlock(of: file) { block, start in
      Self.forEachRow(in: block) { row in
        if number >= 0 && number.isMultiple(of: Self.step) { places.append(start + row.lowerBound) }
        number += 1
      }
    }
    self.places = places + [file.size]
    count = max(0, number)
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
        try Self.forEachRow(in: block) { row throws(FileError) in
          if range.contains(number) { try body(number, UnsafeBufferPointer(rebasing: block[row])) }
          number += 1
        }
      }
    }
  }

  /// The first rows of a file, for finding out how it is written.
  static func first(_ count: Int, of file: FileReader) throws(FileError) -> [[UInt8]] {
    let start = try textStart(of: file)
    let bytes = try file.bytes(start..<min(file.size, start + 1 << 20))
    var rows: [[UInt8]] = []
    bytes.withUnsafeBufferPointer { block in
      forEachRow(in: block) { row in if rows.count <= count { rows.append(Array(block[row])) } }
    }
    // The last one may be cut off.
    if start + bytes.count < file.size && !rows.isEmpty { rows.removeLast() }
    return Array(rows.prefix(count))
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

  /// The lines that are neither blank nor comments, without their ends.
  private static func forEachRow<Failure: Error>(
    in block: UnsafeBufferPointer<UInt8>, _ body: (Range<Int>) throws(Failure) -> Void
  ) throws(Failure) {
    guard let base = block.baseAddress else { return }
    var start = 0
    while start < block.count {
      let found = memchr(base + start, 0x0A, block.count - start)
      let lineEnd = found.map { UnsafeRawPointer($0) - UnsafeRawPointer(base) } ?? block.count
      var end = lineEnd
      if end > start, block[end - 1] == 0x0D { end -= 1 }
      let first = block[start..<end].first { $0 != 0x20 && $0 != 0x09 && $0 != 0x2C && $0 != 0x3B }
      if let first, first != UInt8(ascii: "#"), first != UInt8(ascii: "%") { try body(start..<end) }
      start = lineEnd + 1
    }
  }
}
