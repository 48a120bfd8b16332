/// Labelled intervals of a recording, from a table beside it: columns `start`, `end` and `label`, with a header. The first two
/// are seconds, dates and times, or, named `start_sample` and `end_sample`, frames. A table of several recordings names each row's in a column `recording`.
package struct IntervalTable: Sendable {
  package struct Interval: Sendable, Equatable {
    package var start: Double
    package var end: Double
    package var label: String
    /// The recording it is about, where the table has a column `recording`.
    package var recording: String?

    package init(start: Double, end: Double, label: String, recording: String? = nil) {
      (self.start, self.end, self.label, self.recording) = (start, end, label, recording)
    }
  }

  package private(set) var intervals: [Interval] = []
  /// Whether they count frames instead of seconds.
  package private(set) var isInFrames = false

  /// - Throws: `FileError` where there is no such file, or a row is no interval.
  package init(path: String) throws(FileError) {
    let text = try FileBytes.read(path: path).withoutByteOrderMark
    let lines = text.split { $0 == 0x0A || $0 == 0x0D }.filter { $0.first != UInt8(ascii: "#") }
    guard let first = lines.first else {
      throw FileError(path: path, message: "is empty: write the columns start, end and label")
    }
    let delimiter = [UInt8(0x09), 0x3B, 0x2C].first { first.contains($0) } ?? 0x2C
    let names = TextDialect.fields(Array(first), delimiter).map { $0.lowercased() }
    isInFrames = names.contains("start_sample")
    func column(_ name: String) -> Int? { names.firstIndex(of: name) }
    guard let start = column(isInFrames ? "start_sample" : "start"),
      let end = column(isInFrames ? "end_sample" : "end"),
      let label = column("label")
    else {
      throw FileError(
        path: path,
        message: "has the columns \(names.joined(separator: ", ")): name them start, end (or start_sample, end_sample) "
          + "and label")
    }
    for (index, line) in lines.dropFirst().enumerated() {
      let fields = TextDialect.fields(Array(line), delimiter)
      let decimal = UInt8(ascii: delimiter == 0x3B ? "," : ".")
      guard fields.count == names.count,
        let from = Self.time(fields[start], decimal: decimal, isInFrames: isInFrames),
        let to = Self.time(fields[end], decimal: decimal, isInFrames: isInFrames),
        to >= from, abs(from) < 1e13, abs(to) < 1e13
      else {
        throw FileError(path: path, message: "row \(index + 1) is no interval from start to end: correct it")
      }
      intervals.append(
        Interval(start: from, end: to, label: fields[label], recording: column("recording").map { fields[$0] }))
    }
  }

  /// Frames as they are, times in seconds. A time of day is none: it does not say whether it counts from midnight or from the
  /// recording's start.
  private static func time(_ field: String, decimal: UInt8, isInFrames: Bool) -> Double? {
    let number = NumberText.value(field, decimal: decimal) ?? NumberText.value(field, decimal: 0x2E)
    let time = number ?? TextTime.date(field)
    return isInFrames ? time : time.map { $0 * TextTime.secondsPerUnit(of: $0) }
  }
}
