/// How a table of numbers is written: what separates its fields, its decimal sign, its header, and what its columns are.
struct TextDialect {
  enum Column: Equatable {
    /// Numbers: a channel.
    case number
    /// Seconds since the start, or a date and time.
    case time
    /// Anything else, such as labels.
    case text
  }

  var delimiter: UInt8
  var decimal: UInt8
  /// Lines before the first row of the data that are neither blank nor comments.
  var headerRows: Int
  /// Names and units, in the order of the columns.
  var names: [RecordingHeader.Channel]
  var columns: [Column]

  /// What separates fields, the likelier one first, with the decimal signs that go with it. A comma separates fields unless
  /// something else does.
  private static let candidates: [(delimiter: UInt8, decimal: UInt8)] = [
    (0x09, 0x2E), (0x09, 0x2C), (0x3B, 0x2E), (0x3B, 0x2C), (0x2C, 0x2E), (0x20, 0x2E), (0x20, 0x2C),
  ]

  /// - Parameter lines: the first lines of the file that are neither blank nor comments.
  /// - Returns: nil where they are no table of numbers.
  init?(lines: [[UInt8]]) {
    for candidate in Self.candidates {
      if let dialect = Self(lines, candidate.delimiter, candidate.decimal), dialect.columns.count > 1 {
        self = dialect
        return
      }
    }
    guard let single = Self(lines, 0x09, 0x2E) ?? Self(lines, 0x09, 0x2C),
      // What separates fields in the header of one column would separate those of its rows.
      !lines.prefix(single.headerRows).contains(where: { $0.contains(0x2C) || $0.contains(0x3B) })
    else { return nil }
    self = single
  }

  private init?(_ lines: [[UInt8]], _ delimiter: UInt8, _ decimal: UInt8) {
    let rows = lines.map { Self.fields($0, delimiter) }
    // A header has no number in it; a second line of it has the units.
    let headers = rows.prefix(2).prefix { row in row.allSatisfy { Self.number($0, decimal) == nil } && row != [""] }
      .count
    guard rows.count > headers, rows.allSatisfy({ $0.count == rows[0].count }) else { return nil }
    let data = rows[headers...]
    (self.delimiter, self.decimal, headerRows) = (delimiter, decimal, headers)
    names = Self.names(Array(rows.prefix(headers)), count: rows[0].count)
    columns = []
    for column in rows[0].indices {
      let fields = data.map { $0[column] }
      let isTime = headers > 0 && Self.timeNames.contains(names[column].name.lowercased())
      if fields.allSatisfy({ Self.number($0, decimal) != nil }) {
        columns.append(isTime && !columns.contains(.time) ? .time : .number)
      } else {
        let isDate = fields.allSatisfy { TextTime.seconds($0, decimal: decimal) != nil }
        columns.append(isDate && !columns.contains(.time) ? .time : .text)
      }
    }
    guard columns.contains(.number) else { return nil }
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

  private static func number(_ field: String, _ decimal: UInt8) -> Double? {
    Array(field.utf8).withUnsafeBufferPointer { NumberText.value($0, decimal: decimal) }
  }

  /// "ECG (mV)" and "ECG [mV]" are the channel ECG in mV.
  private static func names(_ headers: [[String]], count: Int) -> [RecordingHeader.Channel] {
    guard let first = headers.first else { return RecordingHeader.Channel.numbered(count) }
    return first.enumerated().map { index, field in
      let parts = field.split(maxSplits: 1) { $0 == "(" || $0 == "[" }
      var units = headers.count > 1 ? headers[1][index].filter { !"()[]".contains($0) } : ""
      guard parts.count == 2, let last = parts[1].last, last == ")" || last == "]" else {
        return RecordingHeader.Channel(name: field.isEmpty ? String(index) : field, units: units)
      }
      units = String(parts[1].dropLast())
      return RecordingHeader.Channel(name: String(parts[0]).trimmingBlanks, units: units)
    }
  }
}

extension String {
  /// Without blanks and quotes at both ends.
  var trimmingBlanks: String {
    let isBlank = { (character: Character) in character.isWhitespace || character == "\"" || character == "'" }
    return String(drop(while: isBlank).reversed().drop(while: isBlank).reversed())
  }
}
