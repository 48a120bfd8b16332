import Foundation

/// Writes EDF+ files: 16 bits between each signal's lowest and highest sample, and the annotations.
///
/// EDF has no mark for missing samples: they become the lowest value. The last data record is filled up with it too.
enum EDFWriter {
  private static let digital = -32768.0...32767.0

  private struct Layout {
    var recordSamples: Int
    var recordSeconds: Int
    var recordCount: Int
    /// The annotation signal's bytes of each data record, all as long.
    var notes: [[UInt8]]
  }

  static func write(_ part: inout RecordingPart, path: String) throws(FileError) {
    let layout = try layout(of: part.header, path: path)
    let limits = try part.limits().map { Self.texts(of: $0) }
    let scales = limits.map { limits in
      let (low, high) = (Double(limits.low) ?? 0, Double(limits.high) ?? 1)
      return (low: low, scale: (digital.upperBound - digital.lowerBound) / (high - low))
    }
    let file = try FileWriter(path: path)
    try file.append(header(part.header, layout, limits: limits))
    var record = 0
    let recordsAtOnce = max(1, RecordingWriter.blockFrames / layout.recordSamples)
    try part.forEachBlock(of: recordsAtOnce * layout.recordSamples) { block throws(FileError) in
      var bytes: [UInt8] = []
      for first in stride(from: 0, to: block.count, by: layout.recordSamples * scales.count) {
        for (channel, scale) in scales.enumerated() {
          for frame in 0..<layout.recordSamples {
            let index = first + frame * scales.count + channel
            let value =
              index < block.count && block[index].isFinite ? (Double(block[index]) - scale.low) * scale.scale : 0
            let stored = Int(min(max(value + digital.lowerBound, digital.lowerBound), digital.upperBound).rounded())
            bytes += [UInt8(truncatingIfNeeded: stored), UInt8(truncatingIfNeeded: stored >> 8)]
          }
        }
        bytes += layout.notes[record]
        record += 1
      }
      try file.append(bytes)
    }
    try file.commit()
  }

  /// A data record is the fewest seconds that hold a whole number of samples.
  private static func layout(of header: RecordingHeader, path: String) throws(FileError) -> Layout {
    guard let rate = header.sampleRateHz,
      let seconds = (1...10_000).first(where: { abs((rate * Double($0)).rounded() - rate * Double($0)) < 1e-6 }),
      rate * Double(seconds) >= 1, rate * Double(seconds) < 1e7
    else {
      throw FileError(
        path: path,
        message: "EDF needs a rate of whole samples in some whole seconds: give --sample-rate, or write .npy")
    }
    let samples = Int((rate * Double(seconds)).rounded())
    let count = (header.frameCount + samples - 1) / samples
    guard count < 100_000_000 else {
      throw FileError(path: path, message: "is too long for an EDF file: give --from and --to, or write .npy")
    }
    var notes = (0..<count).map { Array("+\($0 * seconds)\u{14}\u{14}\0".utf8) }
    for annotation in header.annotations {
      let onset = Double(annotation.sample) / rate
      let duration = annotation.durationSamples > 0 ? "\u{15}\(Double(annotation.durationSamples) / rate)" : ""
      let isNote = annotation.symbol == "\"" && !annotation.auxiliary.isEmpty
      let text = isNote || annotation.auxiliary.isEmpty ? "" : " \(annotation.auxiliary)"
      let label = (isNote ? annotation.auxiliary : annotation.symbol + text).filter { $0 >= " " }
      notes[annotation.sample / samples] += Array("+\(onset)\(duration)\u{14}\(label)\u{14}\0".utf8)
    }
    let longest = (notes.map(\.count).max() ?? 0) + 1
    for index in notes.indices {
      notes[index] += [UInt8](repeating: 0, count: longest / 2 * 2 - notes[index].count)
    }
    return Layout(recordSamples: samples, recordSeconds: seconds, recordCount: count, notes: notes)
  }

  private static func header(
    _ recording: RecordingHeader, _ layout: Layout, limits: [(low: String, high: String)]
  ) -> [UInt8] {
    func field(_ text: String, _ width: Int) -> [UInt8] {
      let ascii = text.unicodeScalars.map { scalar in
        scalar == "µ"
          ? UInt8(ascii: "u") : (0x20...0x7E).contains(scalar.value) ? UInt8(scalar.value) : UInt8(ascii: "?")
      }
      return Array(ascii.prefix(width)) + [UInt8](repeating: 0x20, count: max(0, width - ascii.count))
    }
    func all(_ width: Int, _ texts: [String], _ last: String) -> [UInt8] {
      (texts + [last]).flatMap { field($0, width) }
    }
    let count = recording.channels.count
    let start = ClockTime.fields(recording.startMicroseconds ?? 473_385_600_000_000) ?? .init()
    let months = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"]
    func two(_ number: Int) -> String { String(100 + number % 100).dropFirst().description }
    let day = "\(two(start.day))-\(months[start.month - 1])-\(start.year)"
    var bytes = field("0", 8) + field("X X X X", 80) + field("Startdate \(day) X X X", 80)
    bytes += field("\(two(start.day)).\(two(start.month)).\(two(start.year))", 8)
    bytes += field("\(two(start.hour)).\(two(start.minute)).\(two(start.second))", 8)
    bytes += field("\(256 * (count + 2))", 8) + field("EDF+C", 44) + field("\(layout.recordCount)", 8)
    bytes += field("\(layout.recordSeconds)", 8) + field("\(count + 1)", 4)
    let none = [String](repeating: "", count: count)
    bytes += all(16, recording.channels.map(\.name), "EDF Annotations") + all(80, none, "")
    bytes += all(8, recording.channels.map(\.units), "")
    bytes += all(8, limits.map(\.low), "-1") + all(8, limits.map(\.high), "1")
    bytes +=
      all(8, none.map { _ in "-32768" }, "-32768") + all(8, none.map { _ in "32767" }, "32767") + all(80, none, "")
    bytes += all(8, none.map { _ in "\(layout.recordSamples)" }, "\((layout.notes.first?.count ?? 0) / 2)")
    return bytes + all(32, none, "")
  }

  /// Limits in eight characters each at the most, as close around a signal's as that allows.
  private static func texts(of limits: ClosedRange<Float>) -> (low: String, high: String) {
    let (low, high) = (Double(limits.lowerBound), Double(limits.upperBound))
    for share in [0.0, 0.001, 0.01, 0.1, 1] {
      let room = share * max(high - low, 0.001 * max(abs(high), abs(low)))
      let texts = (low: text(low - room), high: text(high + room))
      if let below = Double(texts.low), let above = Double(texts.high), below <= low, above >= high, below < above {
        return texts
      }
    }
    // Nothing but one value, such as 0.
    return (text(low - max(1, abs(low))), text(high + max(1, abs(high))))
  }

  private static func text(_ value: Double) -> String {
    for digits in (1...7).reversed() {
      let text = String(format: "%.\(digits)g", value)
      if text.utf8.count <= 8 { return text }
    }
    return "0"
  }
}
