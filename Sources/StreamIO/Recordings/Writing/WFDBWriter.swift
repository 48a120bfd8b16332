/// Writes WFDB records: header, one signal file of format 24, annotations.
///
/// The gain of each signal makes its largest value one of 24 bits, so that samples are exact to 2⁻²⁴ of it.
enum WFDBWriter {
  // The lowest value stands for a missing sample.
  private static let largest = Double(1 << 23 - 1)
  private static let missing = -1 << 23

  /// The signal file and the annotations of the record with this header.
  static func filesBeside(headerPath: String) -> (data: String, annotations: String) {
    let stem = FilePath.withoutExtension(headerPath)
    return ("\(stem).dat", "\(stem).\(WFDBRecord.annotator)")
  }

  static func write(_ part: inout RecordingPart, headerPath: String) throws(FileError) {
    func error(_ message: String) -> FileError { FileError(path: headerPath, message: message) }
    let beside = filesBeside(headerPath: headerPath)
    let name = FilePath.stem(headerPath)
    guard !name.isEmpty, name.utf8.allSatisfy({ $0 == 0x5F || $0 == 0x2D || isAlphanumeric($0) }) else {
      throw error("'\(name)' can't be a WFDB record's name: use letters, digits, '_' and '-'")
    }
    guard let rate = part.header.sampleRateHz else {
      throw error("a WFDB record needs a rate: give --sample-rate, or write .npy")
    }
    let gains = try part.limits().map { limits in
      let peak = Double(max(abs(limits.lowerBound), abs(limits.upperBound)))
      return peak > 0 && (largest / peak).isFinite ? largest / peak : 1
    }
    var sums = [UInt16](repeating: 0, count: gains.count)
    let data = try FileWriter(path: beside.data)
    try part.forEachBlock { block throws(FileError) in
      var bytes: [UInt8] = []
      bytes.reserveCapacity(3 * block.count)
      for (index, value) in block.enumerated() {
        let channel = index % gains.count
        let stored = value.isFinite ? Int((Double(value) * gains[channel]).rounded()) : missing
        sums[channel] &+= UInt16(truncatingIfNeeded: stored)
        bytes += [0, 8, 16].map { UInt8(truncatingIfNeeded: stored >> $0) }
      }
      try data.append(bytes)
    }
    var text = "\(name) \(gains.count) \(rate) \(part.header.frameCount)\(startText(part.header))\n"
    for (index, channel) in part.header.channels.enumerated() {
      let units = channel.units.isEmpty ? "NU" : String(channel.units.map { $0.isWhitespace ? "_" : $0 })
      text += "\(name).dat 24 \(gains[index])(0)/\(units) 24 0 0 \(Int16(bitPattern: sums[index])) 0 \(channel.name)\n"
    }
    // All three are there before the first takes the place of another record's.
    var files = [data, try FileWriter(path: headerPath)]
    try files[1].append(Array(text.utf8))
    if !part.header.annotations.isEmpty {
      files.append(try FileWriter(path: beside.annotations))
      try files[2].append(WFDBAnnotationWriter.encoded(part.header.annotations))
    }
    for file in files { try file.commit() }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
  }

  private static func startText(_ header: RecordingHeader) -> String {
    guard let start = header.startMicroseconds.flatMap({ ClockTime.fields($0) }) else { return "" }
    return " \(start.hour):\(start.minute):\(start.second).\(String(1_000_000 + start.microsecond).dropFirst())"
      + " \(start.day)/\(start.month)/\(start.year)"
  }
}

/// Encodes annotations as `WFDBAnnotations` reads them; how long they last is not kept.
enum WFDBAnnotationWriter {
  static func encoded(_ annotations: [Annotation]) -> [UInt8] {
    let codes = Dictionary(uniqueKeysWithValues: WFDBAnnotationCode.symbols.map { ($1, $0) })
    var bytes: [UInt8] = []
    func add(_ code: Int, _ value: Int) {
      let word = code << 10 | value & 0x3FF
      bytes += [UInt8(truncatingIfNeeded: word), UInt8(truncatingIfNeeded: word >> 8)]
    }
    var (last, channel, number) = (0, 0, 0)
    for annotation in annotations {
      var interval = annotation.sample - last
      while interval > 0x3FF {
        let skip = min(interval, Int(Int32.max))
        add(WFDBAnnotationCode.Part.skip.rawValue, 0)
        bytes += [16, 24, 0, 8].map { UInt8(truncatingIfNeeded: skip >> $0) }
        interval -= skip
      }
      add(codes[annotation.symbol] ?? WFDBAnnotationCode.note, interval)
      last = annotation.sample
      if annotation.subtype != 0 { add(WFDBAnnotationCode.Part.subtype.rawValue, annotation.subtype & 0xFF) }
      if annotation.channel != channel { add(WFDBAnnotationCode.Part.channel.rawValue, annotation.channel) }
      if annotation.number != number { add(WFDBAnnotationCode.Part.number.rawValue, annotation.number & 0xFF) }
      (channel, number) = (annotation.channel, annotation.number)
      // A byte is a Latin-1 character; 255 of them at the most, so that readers in C have room for the end.
      let text = annotation.auxiliary.unicodeScalars.prefix(254).map { UInt8(exactly: $0.value) ?? UInt8(ascii: "?") }
      guard !text.isEmpty else { continue }
      add(WFDBAnnotationCode.Part.auxiliary.rawValue, text.count)
      bytes += text + (text.count % 2 == 1 ? [0] : [])
    }
    add(0, 0)
    return bytes
  }
}
