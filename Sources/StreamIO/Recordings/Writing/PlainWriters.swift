/// `[N, C]` float32 in a `.npy` file.
enum NumPyWriter {
  static func write(_ part: inout RecordingPart, path: String) throws(FileError) {
    let file = try FileWriter(path: path)
    try file.append(NumPyArray.header(shape: [part.header.frameCount, part.header.channels.count], element: .float32))
    try part.forEachBlock { block throws(FileError) in try file.append(block.littleEndianBytes) }
    try file.commit()
  }
}

/// A row a frame, with the time where the rate is known; a missing sample is an empty field, or `nan` where a row would
/// be of empty fields alone.
enum TableWriter {
  static func write(_ part: inout RecordingPart, path: String) throws(FileError) {
    let (rate, channels) = (part.header.sampleRateHz, part.header.channels)
    let file = try FileWriter(path: path)
    let names = channels.map { ($0.units.isEmpty ? $0.name : "\($0.name) (\($0.units))").asTableField }
    try file.append(((rate == nil ? [] : ["time (s)"]) + names).joined(separator: ",") + "\n")
    var frame = 0
    try part.forEachBlock { block throws(FileError) in
      var text = ""
      for start in stride(from: 0, to: block.count, by: channels.count) {
        if let rate { text += "\(Double(frame) / rate)," }
        var row = block[start..<start + channels.count].map { $0.isNaN ? "" : "\($0)" }
        // Such rows are passed over at the end of a file.
        if rate == nil, row.allSatisfy(\.isEmpty) { row[0] = "nan" }
        text += row.joined(separator: ",") + "\n"
        frame += 1
      }
      try file.append(text)
    }
    try file.commit()
  }
}

/// Annotations as intervals: what `labels.from: intervals` of a dataset file takes.
enum LabelTableWriter {
  static func write(_ annotations: [Annotation], path: String) throws(FileError) {
    let file = try FileWriter(path: path)
    try file.append("start_sample,end_sample,label,text\n")
    for annotation in annotations {
      // Of notes and rhythms the text says which.
      let isText = ["\"", "+"].contains(annotation.symbol) && !annotation.auxiliary.isEmpty
      let label = isText ? annotation.auxiliary : annotation.symbol
      try file.append(
        "\(annotation.sample),\(annotation.sample + max(1, annotation.durationSamples)),\(label.asTableField),"
          + "\(annotation.auxiliary.asTableField)\n")
    }
    try file.commit()
  }
}

extension EDFAnnotationFile {
  /// Writes the annotations as intervals in seconds.
  package func write(path: String) throws(FileError) {
    let file = try FileWriter(path: path)
    try file.append("start,end,label\n")
    for entry in entries {
      let end = entry.onsetSeconds + entry.durationSeconds
      try file.append("\(entry.onsetSeconds),\(end),\(entry.text.asTableField)\n")
    }
    try file.commit()
  }
}

/// A WAV file of 32-bit floats, as they are: nothing is scaled or cut.
///
/// Source: Microsoft, Multimedia Programming Interface and Data Specifications 1.0; format 3 is IEEE float.
enum WAVWriter {
  static func write(_ part: inout RecordingPart, path: String) throws(FileError) {
    func error(_ message: String) -> FileError { FileError(path: path, message: message) }
    guard let rate = part.header.sampleRateHz, rate >= 1, rate <= 4e9, rate == rate.rounded() else {
      throw error("a WAV file needs a rate that is a whole number of Hz: give --sample-rate, or write .npy")
    }
    let channels = part.header.channels.count
    guard let bytes = checkedProduct(part.header.frameCount, channels, 4), bytes < 1 << 32 - 64, channels < 1 << 14
    else {
      throw error("is too long for a WAV file, which holds 4 GB: give --from and --to, or write .npy")
    }
    let file = try FileWriter(path: path)
    try file.append(header(dataBytes: bytes, frames: part.header.frameCount, channels: channels, rate: Int(rate)))
    try part.forEachBlock { block throws(FileError) in try file.append(block.littleEndianBytes) }
    try file.commit()
  }

  private static func header(dataBytes: Int, frames: Int, channels: Int, rate: Int) -> [UInt8] {
    func number(_ value: Int, bytes: Int) -> [UInt8] {
      (0..<bytes).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
    }
    let format =
      number(3, bytes: 2) + number(channels, bytes: 2) + number(rate, bytes: 4)
      + number(rate * channels * 4, bytes: 4) + number(channels * 4, bytes: 2) + number(32, bytes: 2)
      + number(0, bytes: 2)
    let chunks =
      Array("WAVEfmt ".utf8) + number(format.count, bytes: 4) + format
      + Array("fact".utf8) + number(4, bytes: 4) + number(frames, bytes: 4)
      + Array("data".utf8) + number(dataBytes, bytes: 4)
    return Array("RIFF".utf8) + number(chunks.count + dataBytes, bytes: 4) + chunks
  }
}

extension String {
  /// Without what separates the fields and lines of a table.
  package var asTableField: String { String(map { ",;\t\n\r\"".contains($0) ? " " : $0 }) }
}
