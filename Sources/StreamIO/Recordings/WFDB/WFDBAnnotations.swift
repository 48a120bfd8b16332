/// Parses a WFDB annotation file in MIT format (annot(5)).
///
/// The file is a list of 16-bit little-endian words: a code in the high 6 bits, a number in the low 10.
///
/// | code | meaning of the number | what follows |
/// |---|---|---|
/// | 0, number 0 | end of the file | |
/// | 1...49 | samples since the annotation before | |
/// | 59 SKIP | 0 | samples to add: 4 bytes, the high 16 bits first, each half low byte first (as the PDP-11 had it) |
/// | 60 NUM, 61 SUB, 62 CHN | the field's value, for the annotation before it | |
/// | 63 AUX | bytes of text, for the annotation before it | the text, and one byte more if their number is odd |
struct WFDBAnnotations {
  /// The annotations in time order.
  ///
  /// - Parameters:
  ///   - frameRateHz: in which the file counts unless it states another time resolution.
  ///   - sampleRateHz: of the recording, which the annotations count in.
  /// - Throws: `FileError` with the byte where the file is cut off, or is no annotation file.
  static func parse(
    _ bytes: [UInt8], path: String, frameRateHz: Double, sampleRateHz: Double
  ) throws(FileError) -> [Annotation] {
    var parser = WFDBAnnotations(bytes: bytes, path: path)
    try parser.run()
    var definitions = WFDBAnnotationDefinitions()
    var annotations: [Annotation] = []
    for entry in parser.found where entry.code != WFDBAnnotationCode.none {
      var annotation = entry.annotation
      if entry.code == WFDBAnnotationCode.note && annotation.sample == 0 {
        guard try !definitions.take(annotation.auxiliary, path: path) else { continue }
      }
      annotation.symbol = definitions.symbol(of: entry.code)
      annotations.append(annotation)
    }
    let resolution = definitions.timeResolutionHz ?? frameRateHz
    if resolution != sampleRateHz {
      for index in annotations.indices {
        let scaled = (Double(annotations[index].sample) * (sampleRateHz / resolution)).rounded()
        guard let sample = Int(exactly: scaled) else {
          throw parser.error("with a time resolution of \(resolution) Hz an annotation lies beyond all samples", at: 0)
        }
        annotations[index].sample = sample
      }
    }
    return annotations.inTimeOrder()
  }

  private struct Entry {
    var code: Int
    var annotation: Annotation
  }

  private let bytes: [UInt8]
  private let path: String
  private var offset = 0
  private var sample = 0
  private var channel = 0
  private var number = 0
  private var found: [Entry] = []

  private init(bytes: [UInt8], path: String) {
    self.bytes = bytes
    self.path = path
  }

  private mutating func run() throws(FileError) {
    while true {
      let start = offset
      let word = Int(try next())
      let (code, value) = (word >> 10, word & 0x3FF)
      if word == 0 { break }
      if let part = WFDBAnnotationCode.Part(rawValue: code) {
        try add(part, value, at: start)
      } else {
        try begin(code, value, at: start)
      }
    }
    guard bytes[offset...].allSatisfy({ $0 == 0 }) else {
      throw error("something follows the end mark", at: offset)
    }
  }

  private mutating func begin(_ code: Int, _ interval: Int, at start: Int) throws(FileError) {
    guard code <= WFDBAnnotationCode.maximum else { throw error("\(code) is no code of an annotation", at: start) }
    // Can't overflow: each step adds less than 2³² and takes bytes of the file.
    sample += interval
    guard sample >= 0 else { throw error("an annotation at sample \(sample), before the first one", at: start) }
    found.append(
      Entry(code: code, annotation: Annotation(sample: sample, symbol: "", channel: channel, number: number)))
  }

  private mutating func add(
    _ part: WFDBAnnotationCode.Part, _ value: Int, at start: Int
  ) throws(FileError) {
    if part == .skip {
      let high = UInt32(try next())
      sample += Int(Int32(bitPattern: high << 16 | UInt32(try next())))
      return
    }
    guard let last = found.indices.last else {
      throw error("a field of an annotation comes before the first annotation", at: start)
    }
    switch part {
    case .number:
      number = Int(Int8(truncatingIfNeeded: value))
      found[last].annotation.number = number
    case .channel:
      channel = value & 0xFF
      found[last].annotation.channel = channel
    case .subtype:
      found[last].annotation.subtype = Int(Int8(truncatingIfNeeded: value))
    case .auxiliary, .skip:
      found[last].annotation.auxiliary = try text(value, at: start)
    }
  }

  private mutating func text(_ count: Int, at start: Int) throws(FileError) -> String {
    guard count <= bytes.count - offset else { throw error("a text of \(count) bytes is cut off", at: start) }
    let content = bytes[offset..<offset + count]
    offset = min(offset + count + count % 2, bytes.count)
    // Writers in C count the terminating NUL. The standard names no encoding: every byte is a Latin-1 character.
    let characters = content.reversed().drop { $0 == 0 }.reversed()
    return String(String.UnicodeScalarView(characters.map { Unicode.Scalar($0) }))
  }

  private mutating func next() throws(FileError) -> UInt16 {
    guard let word: UInt16 = bytes.littleEndian(at: offset) else {
      throw error("the file ends without its end mark", at: bytes.count)
    }
    offset += 2
    return word
  }

  private func error(_ what: String, at offset: Int) -> FileError {
    FileError(
      path: path,
      message: "\(what) (byte \(offset)): the file is incomplete, damaged or no annotation file, get it again")
  }
}

/// What an annotation file says about itself, in comments at sample 0: the rate in which it counts its samples
/// (`## time resolution: 1000`), and types of its own (between `## annotation type definitions` and
/// `## end of definitions`, each as `CODE MNEMONIC DESCRIPTION`).
struct WFDBAnnotationDefinitions {
  /// Above 0; nil where it is the recording's own rate.
  private(set) var timeResolutionHz: Double?
  private var symbols = WFDBAnnotationCode.symbols
  private var isInside = false

  /// Takes in the text of a comment at sample 0; false where it defines nothing, so that it is an ordinary comment.
  mutating func take(_ text: String, path: String) throws(FileError) -> Bool {
    let fields = text.split(separator: " ", maxSplits: 2)
    if text.hasPrefix("## time resolution: ") {
      guard let rate = Double(text.split(separator: " ")[3...].joined()), rate.isFinite, rate > 0 else {
        throw FileError(path: path, message: "states no rate above 0 in '\(text)': the file is damaged, get it again")
      }
      timeResolutionHz = rate
    } else if text == "## annotation type definitions" {
      isInside = true
    } else if text == "## end of definitions" {
      isInside = false
    } else if isInside {
      guard fields.count >= 2, let code = Int(fields[0]), (1...WFDBAnnotationCode.maximum).contains(code) else {
        throw FileError(path: path, message: "defines no type in '\(text)': the file is damaged, get it again")
      }
      symbols[code] = String(fields[1])
    } else {
      return false
    }
    return true
  }

  /// The mnemonic of `code`, or `[code]` for one that nobody defined.
  func symbol(of code: Int) -> String { symbols[code] ?? "[\(code)]" }
}

extension [Annotation] {
  fileprivate func inTimeOrder() -> [Annotation] {
    let isOrdered = zip(self, dropFirst()).allSatisfy { $0.sample <= $1.sample }
    if isOrdered { return self }
    return enumerated().sorted { ($0.element.sample, $0.offset) < ($1.element.sample, $1.offset) }.map(\.element)
  }
}
