/// A recording that is open: what is known about it, and its samples range by range, so that one larger than the memory can
/// be read.
package protocol RecordingSource {
  var header: RecordingHeader { get }

  /// The samples of `frames`, `[frames, channels]` in physical units; missing ones are NaN. Ranges in ascending order, each
  /// beginning where the one before ended, are the fast way.
  ///
  /// - Precondition: `frames` lie within `0..<header.frameCount`.
  /// - Throws: `FileError` where the file is damaged there, or can't be read.
  mutating func read(frames: Range<Int>) throws(FileError) -> [Float]
}

extension RecordingSource {
  /// The whole recording, in memory.
  ///
  /// - Throws: `FileError` also where it would not fit: gaps make a short file a long recording.
  package mutating func readAll() throws(FileError) -> Recording {
    let bytes = checkedProduct(header.frameCount, header.channels.count, MemoryLayout<Float>.size)
    guard let bytes, bytes <= PhysicalMemory.bytes else {
      throw FileError(
        path: header.path,
        message: "\(header.frameCount) samples of \(header.channels.count) channels don't fit into the memory: "
          + "take a part of it ('sigstreamd convert')")
    }
    let samples = try read(frames: 0..<header.frameCount)
    return Recording(header, samples: samples)
  }
}

/// A moment of a live stream.
package struct StreamPlace: Sendable, Hashable {
  package var stream: String
  package var epoch: Int
  /// Index in the stream.
  package var firstFrame: Int

  package init(stream: String, epoch: Int, firstFrame: Int) {
    (self.stream, self.epoch, self.firstFrame) = (stream, epoch, firstFrame)
  }
}

/// A file that is open: the recordings in it, one after the other. Most formats hold one; a file of nanopore reads or of
/// short series holds many.
package protocol RecordingFile {
  /// The next recording; nil behind the last one.
  ///
  /// - Throws: `FileError` where the file is damaged, or can't be read.
  mutating func next() throws(FileError) -> (any RecordingSource)?
}

/// A file with one recording in it.
struct SingleRecordingFile: RecordingFile {
  private var source: (any RecordingSource)?

  init(_ source: any RecordingSource) { self.source = source }

  mutating func next() -> (any RecordingSource)? {
    defer { source = nil }
    return source
  }
}

/// What is known about a recording besides its samples.
package struct RecordingHeader: Sendable {
  /// One column of the samples.
  package struct Channel: Sendable, Hashable {
    /// As the file has it: "MLII". A file that names no channels has "0", "1", ….
    package var name: String
    /// Of the samples, such as "mV"; empty where the file doesn't say.
    package var units: String

    package init(name: String, units: String) {
      self.name = name
      self.units = units
    }

    /// Channels of a file that names none.
    static func numbered(_ count: Int, units: String = "") -> [Channel] {
      (0..<count).map { Channel(name: String($0), units: units) }
    }
  }

  /// The record's name: "119".
  package var name: String
  /// The file it was read from, for messages.
  package var path: String
  /// Frames a second, above 0; nil where the format does not say (.npy).
  package var sampleRateHz: Double?
  /// At least one.
  package var channels: [Channel]
  /// Frames, that is samples of one channel: at least one.
  package var frameCount: Int
  /// When frame 0 was taken, in microseconds since 1970 by the clock of the recorder, or in UTC where a table gives its
  /// offset; nil where the file doesn't say.
  package var startMicroseconds: Int?
  /// The class of the whole recording, in formats of labelled series (.ts, UCR's .tsv).
  package var label: String?
  /// Of a table: its columns of text, whose runs of equal fields are the annotations; those of column k have the channel k.
  package var textColumns: [String] = []
  /// Samples a frame of the fastest signal, in a WFDB record: its annotation files count frames. 1 elsewhere.
  package var samplesPerFrame = 1
  /// In time order; empty where there are none.
  package var annotations: [Annotation] = []
  /// What could not be read so far and is missing from the samples, or is not what the file says of it; nil: nothing.
  package var damage: FileError?
  /// Of a recording that was made of a live stream: what of it.
  package var stream: StreamPlace?

  package init(name: String, path: String, sampleRateHz: Double?, channels: [Channel], frameCount: Int) {
    self.name = name
    self.path = path
    self.sampleRateHz = sampleRateHz
    self.channels = channels
    self.frameCount = frameCount
  }

  /// The columns of the channels asked for, in the order asked for.
  ///
  /// - Parameter wanted: names, exact to the case, or decimal indices from 0; a name goes before an index.
  /// - Throws: `FileError`, listing the channels there are, where one is not there, or its name is that of several.
  package func columns(of wanted: [String]) throws(FileError) -> [Int] {
    guard !wanted.isEmpty else { throw error("no channels were asked for: name at least one of \(channelList)") }
    var columns: [Int] = []
    for name in wanted { columns.append(try column(of: name)) }
    return columns
  }

  private func column(of wanted: String) throws(FileError) -> Int {
    let matches = channels.indices.filter { channels[$0].name == wanted }
    if matches.count == 1 { return matches[0] }
    if matches.count > 1 {
      let indices = matches.map(String.init).joined(separator: ", ")
      throw error("\(matches.count) channels are named '\(wanted)': give an index instead (one of \(indices))")
    }
    guard let index = Int(wanted), channels.indices.contains(index) else {
      throw error("no channel '\(wanted)': the channels are \(channelList)")
    }
    return index
  }

  private var channelList: String {
    channels.enumerated().map { $1.name == String($0) ? $1.name : "\($0) '\($1.name)'" }.joined(separator: ", ")
  }

  private func error(_ message: String) -> FileError { FileError(path: path, message: message) }
}
