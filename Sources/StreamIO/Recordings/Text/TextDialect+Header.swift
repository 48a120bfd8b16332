extension TextDialect {
  /// Lines of the header: one of names, and one of units.
  static func headerCount(_ rows: [[String]], _ decimal: UInt8) -> Int {
    let count = rows.count > 1 && rows[1].allSatisfy { isText($0, decimal) } ? 2 : 1
    let data = rows.dropFirst(count)
    let isHeader =
      isNames(rows[0], decimal) || isNameOfNumbers(rows[0], data, decimal) || isCount(rows[0], data, decimal)
    return isHeader ? count : 0
  }

  /// Whether a comment names the columns: with text for each of them.
  static func isHeader(_ comment: [String], of rows: [[String]], _ decimal: UInt8) -> Bool {
    comment.count == rows[0].count && comment.allSatisfy { isText($0, decimal) }
  }

  private static func isText(_ field: String, _ decimal: UInt8) -> Bool { number(field, decimal) == nil }

  private static func isTime(_ field: String, _ decimal: UInt8) -> Bool {
    TextTime.seconds(field, decimal: decimal) != nil
  }

  /// Whether a row has no number in it; names may be left out.
  private static func isNames(_ first: [String], _ decimal: UInt8) -> Bool {
    guard first.contains(where: { isText($0, decimal) }) else { return false }
    // A row that lacks its numbers may begin with a date.
    return first.allSatisfy { isText($0, decimal) } || first.allSatisfy { $0.isEmpty || !isTime($0, decimal) }
  }

  /// Whether the first row has text above a column of numbers or times, as in "time,0,1".
  private static func isNameOfNumbers(_ first: [String], _ data: ArraySlice<[String]>, _ decimal: UInt8) -> Bool {
    first.indices.contains { column in
      !isTime(first[column], decimal) && data.allSatisfy { isTime($0[column], decimal) }
        && data.contains { isText($0[column], decimal) || number($0[column], decimal)?.isFinite == true }
    }
  }

  /// Whether the first row counts the columns, as pandas names them: "0,1,2", or ",0,1,2" with the index.
  private static func isCount(_ first: [String], _ data: ArraySlice<[String]>, _ decimal: UInt8) -> Bool {
    let hasIndex = first[0].isEmpty
    let names = first.dropFirst(hasIndex ? 1 : 0)
    let numbers = names.indices.map { String($0 - names.startIndex) }
    guard !data.isEmpty, !names.isEmpty, names.elementsEqual(numbers) else { return false }
    return hasIndex ? data.allSatisfy { !$0[0].isEmpty } : names.count > 1 && isUnlikeCount(data, decimal)
  }

  /// Whether rows behind "0,1,2" are written otherwise: with decimals throughout, as pandas writes floats. Where none
  /// of them is a whole number ("1.0"), a first column that ascends may be a time that begins at 0.
  private static func isUnlikeCount(_ data: ArraySlice<[String]>, _ decimal: UInt8) -> Bool {
    func hasDecimals(_ field: String) -> Bool { field.utf8.contains { $0 == decimal || $0 == 0x65 || $0 == 0x45 } }
    let present = data.joined().filter { number($0, decimal)?.isNaN != true }
    guard !present.isEmpty, present.allSatisfy(hasDecimals) else { return false }
    let hasWhole = present.contains { $0.utf8.suffix(2).elementsEqual([decimal, 0x30]) }
    let times = [0] + data.map { number($0[0], decimal) ?? .nan }
    return hasWhole || !zip(times, times.dropFirst()).allSatisfy { $0 < $1 }
  }

  /// "ECG (mV)" and "ECG [mV]" are the channel ECG in mV.
  static func names(_ headers: [[String]], count: Int) -> [RecordingHeader.Channel] {
    guard let first = headers.first else { return RecordingHeader.Channel.numbered(count) }
    return first.enumerated().map { index, field in
      let parts = field.split(maxSplits: 1) { $0 == "(" || $0 == "[" }
      var units = headers.count > 1 ? headers[1][index].filter { !"()[]".contains($0) } : ""
      guard parts.count == 2, let last = parts[1].last, last == ")" || last == "]" else {
        return RecordingHeader.Channel(name: field.isEmpty ? String(index) : field, units: units)
      }
      units = String(parts[1].dropLast()).trimmingBlanks
      return RecordingHeader.Channel(name: String(parts[0]).trimmingBlanks, units: units)
    }
  }
}
