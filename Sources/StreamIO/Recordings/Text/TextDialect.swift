/// How a table of numbers is written: what separates its fields, its decimal sign, its header, and what its columns are.
struct TextDialect {
  enum Column: Equatable {
    /// Numbers: a channel.
    case number
    /// Seconds since the start, or a date and time.
    case time
    /// Anything else, such as labels.
    case text
    /// The numbers of the rows: a first column without a name.
    case index
    /// Not known yet: all fields seen so far are missing.
    case missing
  }

  var delimiter: UInt8
  var decimal: UInt8
  /// Lines before the first row of the data that are neither blank nor comments.
  var headerRows: Int
  /// Whether a header, or a comment in its place, names the columns.
  var isNamed: Bool
  /// Names and units, in the order of the columns.
  var names: [RecordingHeader.Channel]
  var columns: [Column]

  /// What stands between the empty fields of a row without a value; nil where such a row is a blank line.
  var gapDelimiter: UInt8? { columns.count > 1 && delimiter != 0x20 ? delimiter : nil }

  /// What separates fields, the likelier one first, with the decimal signs that go with it. A comma separates fields unless
  /// something else does.
  private static let candidates: [(delimiter: UInt8, decimals: [UInt8])] = [
    (0x09, [0x2E, 0x2C]), (0x3B, [0x2E, 0x2C]), (0x2C, [0x2E]), (0x20, [0x2E, 0x2C]),
  ]

  /// - Parameters:
  ///   - lines: the first lines of the file that are neither blank nor comments.
  ///   - comment: the last comment before them: the header where they have none.
  /// - Returns: nil where they are no table of numbers.
  init?(lines: [[UInt8]], comment: [UInt8]?) {
    for (delimiter, decimals) in Self.candidates where lines.first?.contains(delimiter) == true {
      if let dialect = Self(lines, comment, delimiter, decimals), dialect.columns.count > 1 {
        self = dialect
        return
      }
    }
    guard let single = Self(lines, comment, 0x09, [0x2E, 0x2C]),
      // What separates fields in the header of one column would separate those of its rows.
      !lines.prefix(single.headerRows).contains(where: { $0.contains(0x2C) || $0.contains(0x3B) })
    else { return nil }
    self = single
  }

  private init?(_ lines: [[UInt8]], _ comment: [UInt8]?, _ delimiter: UInt8, _ decimals: [UInt8]) {
    // Counted before they are made: most delimiters are none of the file.
    let counts = lines.map { Self.fieldCount($0, delimiter) }
    guard let count = counts.first, counts.allSatisfy({ $0 == count }) else { return nil }
    let rows = lines.map { Self.fields($0, delimiter) }
    let comment = comment.map { Self.fields($0, delimiter) }
    // With the wrong decimal sign numbers are text.
    var best: (dialect: TextDialect, textCount: Int)?
    for decimal in decimals {
      guard let dialect = Self(rows: rows, comment, delimiter, decimal) else { continue }
      let textCount = dialect.columns.count { $0 == .text }
      if textCount < best?.textCount ?? .max { best = (dialect, textCount) }
    }
    guard let best else { return nil }
    self = best.dialect
  }

  /// - Parameter rows: as many fields in each.
  private init?(rows: [[String]], _ comment: [String]?, _ delimiter: UInt8, _ decimal: UInt8) {
    let headers = Self.headerCount(rows, decimal)
    guard rows.count > headers else { return nil }
    let data = rows[headers...]
    (self.delimiter, self.decimal, headerRows) = (delimiter, decimal, headers)
    var header = Array(rows.prefix(headers))
    if headers == 0, let comment, Self.isHeader(comment, of: rows, decimal) { header = [comment] }
    isNamed = !header.isEmpty
    names = Self.names(header, count: rows[0].count)
    columns = []
    for column in rows[0].indices {
      let isUnnamed = isNamed && header[0][column].isEmpty
      columns.append(nextColumn(data.map { $0[column] }, isUnnamed: isUnnamed))
    }
    preferNamedTime()
    guard columns.contains(.number) || columns.contains(.missing) else { return nil }
  }

  /// Of a column of dates or times of day and another that is called time, the latter is the time.
  private mutating func preferNamedTime() {
    func isNamedTime(_ column: Int) -> Bool { Self.timeNames.contains(names[column].name.lowercased()) }
    guard isNamed, let clock = columns.firstIndex(of: .time), !isNamedTime(clock),
      let time = columns.indices.first(where: { columns[$0] == .number && isNamedTime($0) })
    else { return }
    (columns[clock], columns[time]) = (.text, .time)
  }

  /// What the column behind `columns` is, by its first fields.
  private func nextColumn(_ fields: [String], isUnnamed: Bool) -> Column {
    let values = fields.compactMap { Self.number($0, decimal) }
    guard values.count == fields.count else {
      let isDate = fields.allSatisfy { TextTime.seconds($0, decimal: decimal) != nil }
      return isDate && !columns.contains(.time) ? .time : .text
    }
    let name = names[columns.count].name.lowercased()
    if isNamed, Self.timeNames.contains(name), !columns.contains(.time) { return .time }
    if isUnnamed, columns.isEmpty, zip(values, values.dropFirst()).allSatisfy({ $0 < $1 }) { return .index }
    return values.allSatisfy(\.isNaN) ? .missing : .number
  }

  /// Finds out what the columns are whose fields are missing in the first rows: what the first other field is, and numbers
  /// where there is none.
  mutating func resolveMissingColumns(in rows: TextRows) throws(FileError) {
    for start in stride(from: 0, to: rows.count, by: TextRows.step) where columns.contains(.missing) {
      try rows.forEach(start..<min(start + TextRows.step, rows.count)) { _, row in resolveMissingColumns(in: row) }
    }
    for index in columns.indices where columns[index] == .missing { columns[index] = .number }
  }

  private mutating func resolveMissingColumns(in row: UnsafeBufferPointer<UInt8>) {
    guard let last = columns.lastIndex(of: .missing) else { return }
    var start = 0
    for index in 0...last {
      guard start <= row.count else { return }
      if delimiter == 0x20 { start = row[start...].firstIndex { $0 != 0x20 } ?? row.count }
      let end = row[start...].firstIndex(of: delimiter) ?? row.count
      if columns[index] == .missing {
        let value = NumberText.value(UnsafeBufferPointer(rebasing: row[start..<end]), decimal: decimal)
        columns[index] = value.map { $0.isNaN ? Column.missing : .number } ?? .text
      }
      start = end + 1
    }
  }

  private static let timeNames: Set<String> = [
    "time", "t", "timestamp", "date", "datetime", "seconds", "sec", "elapsed time", "time stamp",
  ]

  /// The fields of a line, without blanks and quotes around them.
  static func fields(_ line: [UInt8], _ delimiter: UInt8) -> [String] {
    line.split(separator: delimiter, omittingEmptySubsequences: delimiter == 0x20).map { field in
      String(decoding: field, as: UTF8.self).trimmingBlanks
    }
  }

  /// How many fields `fields` finds.
  private static func fieldCount(_ line: [UInt8], _ delimiter: UInt8) -> Int {
    guard delimiter == 0x20 else { return line.count { $0 == delimiter } + 1 }
    return line.indices.count { line[$0] != 0x20 && ($0 == 0 || line[$0 - 1] == 0x20) }
  }

  static func number(_ field: String, _ decimal: UInt8) -> Double? {
    NumberText.value(field, decimal: decimal)
  }
}

extension String {
  /// Without blanks and quotes at both ends.
  var trimmingBlanks: String {
    let scalars = unicodeScalars
    guard let start = scalars.firstIndex(where: { !$0.isBlank }), let last = scalars.lastIndex(where: { !$0.isBlank })
    else { return "" }
    return String(scalars[start...last])
  }
}

extension Unicode.Scalar {
  fileprivate var isBlank: Bool {
    switch value {
    case 0x09...0x0D, 0x20, 0x22, 0x27: true
    case 0x80...: properties.isWhitespace
    default: false
    }
  }
}
