import Foundation

/// A folder that a recorder has filled: its segments as recordings, one for each stretch of each stream.
package struct SegmentFolder: RecordingFile {
  /// A longer pause of a stream ends a recording.
  private static let longestPauseSeconds = 60.0

  /// Without a slash at its end.
  let path: String
  private let recordings: [SegmentRecording]
  // By their names.
  private let places: [String: Int]
  private var place = 0

  /// Whether `path` is such a folder.
  package static func isOne(_ path: String) -> Bool {
    FileBytes.isFolder(path: path) && !files(in: path).isEmpty
  }

  /// The paths of a folder's segments, the oldest first.
  package static func files(in folder: String) -> [String] {
    let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
    return names.filter { $0.hasSuffix(SegmentFile.suffix) }.sorted().map { "\(folder)/\($0)" }
  }

  /// The bytes of a folder's segments.
  package static func bytes(in folder: String) -> Int {
    files(in: folder).reduce(0) { bytes, path in bytes + ((try? FileReader(path: path).size) ?? 0) }
  }

  /// - Throws: `FileError` where a file can't be read.
  package init(path: String) throws(FileError) {
    let folder = path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    self.path = folder
    var parts: [SegmentRecording.Part] = []
    var damage: FileError?
    for path in Self.files(in: folder) {
      let file = try FileReader(path: path)
      let content = try SegmentFile.scan(file)
      parts += content.blocks.map { SegmentRecording.Part(file: file, block: $0) }
      if content.damagedPlaces > 0 {
        damage = FileError(
          path: path, message: "has \(content.damagedPlaces) damaged places: samples are missing there")
      }
    }
    recordings = Self.recordings(parts, folder: folder, damage: damage)
    places = Dictionary(recordings.enumerated().map { ($1.header.name, $0) }) { first, _ in first }
    guard !recordings.isEmpty else {
      throw FileError(path: folder, message: "its segments hold no whole block yet: record for longer")
    }
  }

  /// The headers of all recordings in it, by stream and time.
  package var headers: [RecordingHeader] { recordings.map(\.header) }

  /// When a frame of a recording was acquired, microseconds since 1970.
  ///
  /// - Parameter recording: its place among `headers`.
  package func microseconds(ofFrame frame: Int, recording: Int) -> Int64 {
    recordings[recording].microseconds(ofFrame: frame)
  }

  /// The frame of a recording that was acquired nearest to a moment in microseconds since 1970.
  ///
  /// - Parameter recording: its place among `headers`.
  package func frame(at moment: Int64, recording: Int) -> Int {
    recordings[recording].frame(at: moment)
  }

  package mutating func next() -> (any RecordingSource)? {
    guard place < recordings.count else { return nil }
    defer { place += 1 }
    return recordings[place]
  }

  /// The recording of that name.
  ///
  /// - Throws: `FileError` where there is none.
  func recording(named name: String) throws(FileError) -> SegmentRecording {
    if let place = places[name] { return recordings[place] }
    let first = recordings[0]
    throw FileError(
      path: first.header.path,
      message: "no recording '\(name)' in this folder: name one of its \(recordings.count), "
        + "such as '\(first.header.name)'")
  }

  private static func recordings(
    _ parts: [SegmentRecording.Part], folder: String, damage: FileError?
  ) -> [SegmentRecording] {
    let sorted = parts.sorted { a, b in
      let (a, b) = (a.block.head, b.block.head)
      return (a.stream, a.run, a.epoch, a.firstFrame) < (b.stream, b.run, b.epoch, b.firstFrame)
    }
    var stretches: [[SegmentRecording.Part]] = []
    for part in sorted {
      if let last = stretches.last?.last, follows(part, last) {
        stretches[stretches.count - 1].append(part)
      } else {
        stretches.append([part])
      }
    }
    var names: [String: Int] = [:]
    return stretches.map { stretch in
      let name = name(of: stretch[0].block.head)
      names[name, default: 0] += 1
      let count = names[name, default: 1]
      return SegmentRecording(
        name: count == 1 ? name : "\(name)-\(count)", folder: folder, parts: stretch, damage: damage)
    }
  }

  private static func follows(_ part: SegmentRecording.Part, _ last: SegmentRecording.Part) -> Bool {
    let (head, before) = (part.block.head, last.block.head)
    let pause = Double(part.frames.lowerBound - last.frames.upperBound) / head.sampleRateHz
    return head.stream == before.stream && head.run == before.run && head.epoch == before.epoch
      && head.channels == before.channels && head.sampleRateHz == before.sampleRateHz
      && (0...longestPauseSeconds).contains(pause)
  }

  /// The stream's name and the start, in letters that file names, WFDB and patterns bear: `bed-3-20261126T200233`.
  static func name(of head: SegmentHead) -> String {
    "\(fileName(ofStream: head.stream))-\(SegmentTime.text(head.microseconds))"
  }

  /// A stream's name with `_` for all but letters, digits, `_` and `-`.
  package static func fileName(ofStream stream: String) -> String {
    String(stream.map { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "-" || $0 == "_") ? $0 : "_" })
  }
}

/// Moments in names of recordings and files.
enum SegmentTime {
  /// `20261126T200233`, in UTC.
  static func text(_ microseconds: Int64) -> String {
    let time = ClockTime.fields(Int(microseconds)) ?? ClockTime.Fields()
    func digits(_ value: Int, _ count: Int) -> String { String(String(value + 100_000).suffix(count)) }
    return digits(time.year, 4) + digits(time.month, 2) + digits(time.day, 2) + "T" + digits(time.hour, 2)
      + digits(time.minute, 2) + digits(time.second, 2)
  }
}
