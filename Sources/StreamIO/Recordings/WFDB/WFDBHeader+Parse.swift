extension WFDBHeader {
  /// Parses the content of a `.hea` file; `path` names it in errors.
  ///
  /// - Throws: `FileError` with the line, where it is no header, or one of a kind that can't be read.
  static func parse(_ bytes: [UInt8], path: String) throws(FileError) -> WFDBHeader {
    var lines: [WFDBHeaderLine] = []
    var comments: [String] = []
    let text = bytes.withoutByteOrderMark
    for (index, raw) in text.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
      let line = WFDBHeaderLine(raw, path: path, number: index + 1)
      if line.text.hasPrefix("#") {
        comments.append(String(line.text.dropFirst()))
      } else if !line.text.isEmpty {
        lines.append(line)
      }
    }
    guard let recordLine = lines.first else {
      throw FileError(path: path, message: "holds no record line: this is not a WFDB header, check the file")
    }
    var (header, signalCount, segmentCount) = try recordLine.record()
    header.comments = comments
    if let segmentCount {
      try checkCount(segmentCount, of: "segments", lines: lines.count - 1, path: path)
      for line in lines.dropFirst() { header.segments.append(try line.segment()) }
      return header
    }
    try checkCount(signalCount, of: "signals", lines: lines.count - 1, path: path)
    for line in lines.dropFirst() { header.signals.append(try line.signal()) }
    return header
  }

  private static func checkCount(_ count: Int, of what: String, lines: Int, path: String) throws(FileError) {
    guard count != lines else { return }
    throw FileError(
      path: path,
      message: "the record line announces \(count) \(what), but \(lines) lines follow: "
        + "the header is incomplete or not a header, get it again")
  }
}

/// One line of a header that is not a comment, and its fields from left to right.
struct WFDBHeaderLine {
  let text: Substring
  private let path: String
  private let number: Int
  private var rest: Substring

  init(_ raw: ArraySlice<UInt8>, path: String, number: Int) {
    // A carriage return may come before the line feed; spaces and tabs separate fields.
    let isBlank = { (byte: UInt8) in byte == 0x20 || byte == 0x09 || byte == 0x0D }
    let trimmed = raw.drop(while: isBlank).reversed().drop(while: isBlank).reversed()
    text = String(decoding: trimmed, as: UTF8.self)[...]
    rest = text
    self.path = path
    self.number = number
  }

  /// The record line: `NAME[/SEGMENTS] SIGNALS [RATE[/COUNTER[(BASE)]] [FRAMES [TIME [DATE]]]]`.
  func record() throws(FileError) -> (header: WFDBHeader, signalCount: Int, segmentCount: Int?) {
    var line = self
    guard let first = line.field() else { throw error("the record line is empty") }
    let (name, segments) = first.cut(at: "/")
    let segmentCount = try segments.map { text throws(FileError) in
      try integer(text, "number of segments", in: 1...Int.max)
    }
    var header = WFDBHeader(name: String(name), signals: [], comments: [])
    guard let count = line.field() else {
      throw error("the record line has no number of signals: this is not a WFDB header")
    }
    let signalCount = try integer(count, "number of signals", in: 0...Int.max)
    guard signalCount > 0 || segmentCount != nil else {
      throw error("a record without signals: there is nothing to read")
    }
    if let rate = line.field() { try parseRate(rate, into: &header) }
    if let frames = line.field() {
      let frames = try integer(frames, "number of samples", in: 0...Int.max)
      header.frameCount = frames == 0 ? nil : frames
    }
    header.baseTime = line.field().map(String.init)
    header.baseDate = line.field().map(String.init)
    return (header, signalCount, segmentCount)
  }

  private func parseRate(_ field: Substring, into header: inout WFDBHeader) throws(FileError) {
    let (rate, counter) = field.cut(at: "/")
    header.sampleRateHz = try number(rate, "sampling frequency")
    guard header.sampleRateHz > 0 else { throw error("the sampling frequency is \(rate), not above 0") }
    guard let counter else { return }
    let (frequency, base) = counter.cut(at: "(")
    header.counterFrequencyHz = try number(frequency, "counter frequency")
    if let base { header.baseCounter = try number(parenthesised(base), "base counter value") }
  }

  /// A segment line: `NAME FRAMES`.
  func segment() throws(FileError) -> (name: String, frames: Int) {
    var line = self
    guard let name = line.field(), let frames = line.field() else { throw error("a segment line without a length") }
    guard !name.contains("/") else { throw error("'\(name)' is no name of a record in the header's folder") }
    return (String(name), try integer(frames, "number of samples", in: 0...1 << 53))
  }

  /// A signal line: `FILE FORMAT[xN][:SKEW][+OFFSET] [GAIN[(BASELINE)][/UNITS] [BITS [ZERO [FIRST [SUM [BLOCK [TEXT]]]]]]]`.
  func signal() throws(FileError) -> WFDBHeader.Signal {
    var line = self
    guard let file = line.field(), let format = line.field() else { throw error("a signal line without a format") }
    guard file != "-", !file.contains("/") else {
      throw error("'\(file)' is no name of a file in the header's folder, where the samples have to be")
    }
    var signal = try formatted(format, fileName: String(file))
    let gain = line.field()
    signal.resolutionBits = try line.optionalInteger("ADC resolution")
    signal.zero = try line.optionalInteger("ADC zero") ?? 0
    signal.baseline = signal.zero
    if let gain { try parseGain(gain, into: &signal) }
    signal.initialValue = try line.optionalInteger("initial value")
    signal.checksum = try line.optionalInteger("checksum")
    signal.blockSize = try line.optionalInteger("block size") ?? 0
    signal.description = String(line.rest.drop(while: \.isWhitespace))
    return signal
  }

  private func formatted(_ field: Substring, fileName: String) throws(FileError) -> WFDBHeader.Signal {
    let (beforeOffset, offset) = field.cut(at: "+")
    let (beforeSkew, skew) = beforeOffset.cut(at: ":")
    let (code, perFrame) = beforeSkew.cut(at: "x")
    guard let format = Int(code).flatMap(WFDBSignalFormat.init(rawValue:)) else {
      let known = WFDBSignalFormat.allCases.map { String($0.rawValue) }.joined(separator: ", ")
      throw error("signal format '\(code)' can't be read, only \(known): convert the record (WFDB's xform does)")
    }
    var signal = WFDBHeader.Signal(fileName: fileName, format: format)
    if let perFrame { signal.samplesPerFrame = try integer(perFrame, "samples per frame", in: 1...1 << 20) }
    if let skew { signal.skewFrames = try integer(skew, "skew", in: 0...Int.max) }
    if let offset { signal.byteOffset = try integer(offset, "byte offset", in: 0...Int.max) }
    return signal
  }

  private func parseGain(_ field: Substring, into signal: inout WFDBHeader.Signal) throws(FileError) {
    let (beforeUnits, units) = field.cut(at: "/")
    let (gain, baseline) = beforeUnits.cut(at: "(")
    let value = try number(gain, "ADC gain")
    if value != 0 { signal.gain = value }
    if let baseline { signal.baseline = try integer(parenthesised(baseline), "baseline") }
    if let units, !units.isEmpty { signal.units = String(units) }
  }

  private mutating func field() -> Substring? {
    rest = rest.drop(while: \.isWhitespace)
    guard !rest.isEmpty else { return nil }
    let field = rest.prefix { !$0.isWhitespace }
    rest = rest[field.endIndex...]
    return field
  }

  private mutating func optionalInteger(_ what: String) throws(FileError) -> Int? {
    guard let field = field() else { return nil }
    return try integer(field, what)
  }

  private func integer(
    _ text: Substring, _ what: String, in range: ClosedRange<Int> = -(1 << 53)...(1 << 53)
  ) throws(FileError) -> Int {
    guard let value = Int(text), range.contains(value) else {
      throw error(
        "the \(what) is '\(text)', expected a whole number\(range.lowerBound >= 0 ? " that is not negative" : "")")
    }
    return value
  }

  private func number(_ text: Substring, _ what: String) throws(FileError) -> Double {
    guard let value = Double(text), value.isFinite else { throw error("the \(what) is '\(text)', expected a number") }
    return value
  }

  private func parenthesised(_ text: Substring) throws(FileError) -> Substring {
    guard text.hasSuffix(")") else { throw error("a parenthesis is not closed: '(\(text)'") }
    return text.dropLast()
  }

  private func error(_ message: String) -> FileError { FileError(path: path, message: "line \(number): \(message)") }
}

extension Substring {
  /// What stands before the first `separator`, and what stands behind it; nil where there is none.
  fileprivate func cut(at separator: Character) -> (before: Substring, behind: Substring?) {
    guard let index = firstIndex(of: separator) else { return (self, nil) }
    return (self[..<index], self[self.index(after: index)...])
  }
}
