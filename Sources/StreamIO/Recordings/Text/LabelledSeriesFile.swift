/// Series with their classes in a table of the UCR archive: a row a series, the class first, then its samples. NaN at the
/// end is padding.
///
/// Source: Dau et al., The UCR time series archive, IEEE/CAA Journal of Automatica Sinica 6 (2019).
struct LabelledSeriesFile: RecordingFile {
  private let path: String
  // All of them: such files hold some megabytes.
  private var rows: [[UInt8]] = []
  private let dialect: TextDialect
  private var index = 0

  init(_ file: FileReader, dialect: TextDialect) throws(FileError) {
    (path, self.dialect) = (file.path, dialect)
    let table = try TextRows(file, skipping: 0, gapDelimiter: nil)
    try table.forEach(0..<table.count) { _, row throws(FileError) in rows.append(Array(row)) }
  }

  /// A `.tsv` file without a header, separated by tabs, whose first column holds whole numbers that don't count upwards.
  static func isSeries(_ dialect: TextDialect, lines: [[UInt8]], path: String) -> Bool {
    guard path.hasSuffix(".tsv"), dialect.headerRows == 0, dialect.delimiter == 0x09, dialect.columns.count > 2 else {
      return false
    }
    let classes = lines.map { Int(TextDialect.fields($0, dialect.delimiter)[0]) }
    let isCounting = classes.count > 1 && zip(classes, classes.dropFirst()).allSatisfy { ($0 ?? 0) < ($1 ?? 0) }
    return classes.allSatisfy { $0 != nil } && !isCounting
  }

  mutating func next() throws(FileError) -> (any RecordingSource)? {
    guard index < rows.count else { return nil }
    defer { index += 1 }
    let fields = TextDialect.fields(rows[index], dialect.delimiter)
    var samples: [Float] = []
    for field in fields.dropFirst() {
      guard let value = NumberText.value(field, decimal: dialect.decimal) else {
        throw error("has '\(field)' for a number")
      }
      samples.append(Float(value))
    }
    while samples.last?.isNaN == true { samples.removeLast() }
    guard !samples.isEmpty else { throw error("holds no samples") }
    guard fields.count == dialect.columns.count else {
      throw error("has \(fields.count) fields, not \(dialect.columns.count)")
    }
    var header = RecordingHeader(
      name: "\(FilePath.stem(path))-\(index)", path: path, sampleRateHz: nil,
      channels: RecordingHeader.Channel.numbered(1), frameCount: samples.count)
    header.label = fields[0]
    return Recording(header, samples: samples)
  }

  private func error(_ what: String) -> FileError {
    FileError(path: path, message: "series \(index) \(what): the file is damaged, get it again")
  }
}
