/// Tables of numbers in text (CSV, TSV): a row a frame, a column a channel. Delimiter, decimal sign and header are found out.
///
/// A column named time, or of dates, gives the rate and is no channel, nor is an index; columns of other text become
/// annotations, one for each run of equal fields.
struct TextTableFile: RecordingSource {
  private(set) var header: RecordingHeader
  private let rows: TextRows
  private let dialect: TextDialect

  /// - Returns: nil where the file is no table of numbers.
  static func open(path: String) throws(FileError) -> (any RecordingFile)? {
    let file = try FileReader(path: path)
    let lines = try TextRows.first(64, of: file)
    let comment = try TextRows.lastComment(of: file)
    guard !lines.contains(where: { $0.contains(0) }), var dialect = TextDialect(lines: lines, comment: comment)
    else { return nil }
    if LabelledSeriesFile.isSeries(dialect, lines: lines, path: path) {
      return try LabelledSeriesFile(file, dialect: dialect)
    }
    let rows = try TextRows(file, skipping: dialect.headerRows, gapDelimiter: dialect.gapDelimiter)
    try dialect.resolveMissingColumns(in: rows)
    guard dialect.columns.contains(.number) else { return nil }
    return SingleRecordingFile(try TextTableFile(rows, dialect: dialect))
  }

  private init(_ rows: TextRows, dialect: TextDialect) throws(FileError) {
    (self.rows, self.dialect) = (rows, dialect)
    let channels = dialect.columns.indices.filter { dialect.columns[$0] == .number }
    header = RecordingHeader(
      name: FilePath.stem(rows.file.path), path: rows.file.path, sampleRateHz: nil,
      channels: channels.map { dialect.names[$0] }, frameCount: rows.count)
    if !dialect.isNamed { header.channels = RecordingHeader.Channel.numbered(channels.count) }
    if let column = dialect.columns.firstIndex(of: .time) { try readTiming(column) }
    try readTexts()
  }

  /// The rate and the start, from the first rows of a column of times.
  private mutating func readTiming(_ column: Int) throws(FileError) {
    var (times, units) = ([Double](), dialect.names[column].units)
    try rows.forEach(0..<min(rows.count, TextRows.step)) { _, row throws(FileError) in
      let fields = TextDialect.fields(Array(row), dialect.delimiter)
      guard fields.indices.contains(column) else { return }
      let clock = TextTime.clock(fields[column])
      // Dates and times of day are in seconds, whatever the header says of them.
      if clock != nil { units = "" }
      times.append(clock ?? NumberText.value(fields[column], decimal: dialect.decimal) ?? .nan)
    }
    (header.sampleRateHz, header.startMicroseconds) = TextTime.timing(times, units: units)
  }

  func read(frames: Range<Int>) throws(FileError) -> [Float] {
    var samples = [Float](repeating: .nan, count: frames.count * header.channels.count)
    var next = 0
    try rows.forEach(frames) { number, row throws(FileError) in
      let isBlankSeparated = dialect.delimiter == 0x20
      func skipBlanks(_ position: inout Int) {
        while isBlankSeparated, position < row.count, row[position] == 0x20 { position += 1 }
      }
      var position = 0
      skipBlanks(&position)
      for (index, column) in dialect.columns.enumerated() {
        guard position < row.count + (isBlankSeparated ? 0 : 1) else {
          throw error("has \(index) of \(dialect.columns.count) columns", row: number)
        }
        let start = position
        while position < row.count, row[position] != dialect.delimiter { position += 1 }
        if column == .number {
          let field = UnsafeBufferPointer(rebasing: row[start..<position])
          guard let value = NumberText.value(field, decimal: dialect.decimal) else {
            throw error("has '\(String(decoding: field, as: UTF8.self))' for a number", row: number)
          }
          samples[next] = Float(value)
          next += 1
        }
        position += 1
        skipBlanks(&position)
      }
      guard position >= row.count + (isBlankSeparated ? 0 : 1) else {
        throw error("has more than \(dialect.columns.count) columns", row: number)
      }
    }
    return samples
  }

  /// Runs of equal fields in the columns of text.
  private mutating func readTexts() throws(FileError) {
    let texts = dialect.columns.indices.filter { dialect.columns[$0] == .text }
    guard !texts.isEmpty else { return }
    header.textColumns = texts.map { dialect.names[$0].name }
    var open = [Annotation?](repeating: nil, count: texts.count)
    var closed: [Annotation] = []
    try rows.forEach(0..<rows.count) { number, row throws(FileError) in
      let fields = TextDialect.fields(Array(row), dialect.delimiter)
      for (index, column) in texts.enumerated() {
        let text = fields.indices.contains(column) ? fields[column] : ""
        if open[index]?.auxiliary == text {
          open[index]?.durationSamples += 1
          continue
        }
        if let run = open[index], !run.auxiliary.isEmpty { closed.append(run) }
        open[index] = Annotation(sample: number, symbol: "\"", channel: index, auxiliary: text, durationSamples: 1)
      }
    }
    closed += open.compactMap { $0 }.filter { !$0.auxiliary.isEmpty }
    header.annotations = closed.sorted { ($0.sample, $0.channel) < ($1.sample, $1.channel) }
  }

  private func error(_ what: String, row: Int) -> FileError {
    FileError(path: header.path, message: "row \(row + 1) of the data \(what): correct the file, or leave the row out")
  }
}
