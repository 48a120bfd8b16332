import Classifier
import StreamIO
import Windowing

/// Labelled windows cut from recordings, in the parts that a dataset file splits them into.
struct Dataset: Sendable {
  /// The windows of one part, with where each comes from.
  struct Part: Sendable {
    /// Records in it, in the order of their windows.
    var records: [String]
    var windows: LabelledWindows
    /// `[N]`
    var sources: [WindowCutter.Source]
    /// Windows left out because no annotation in them stands for a class.
    var unlabelled: Int
    /// Windows left out because samples are missing in them.
    var incomplete: Int
  }

  let file: DatasetFile
  /// Of every recording.
  let sampleRateHz: Double
  /// Names of the channels, as the first recording has them.
  let channels: [String]
  /// Every part; one without recordings holds no windows.
  let parts: [DatasetPart: Part]
  /// How often symbols occur that stand for no class.
  let annotationsOfNoClass: [String: Int]

  /// Class names, in the order of the indices.
  var labels: [String] { file.labelling.names }
  var training: LabelledWindows { self[.training].windows }
  var validation: LabelledWindows { self[.validation].windows }
  var test: LabelledWindows { self[.test].windows }

  subscript(part: DatasetPart) -> Part {
    guard let part = parts[part] else { preconditionFailure("a dataset has every part") }
    return part
  }

  /// Reads the dataset file at `path` and its recordings.
  ///
  /// - Throws: `ConfigurationError` for what is wrong in the file; `FileError` for a recording that can't be read, lacks
  ///   one of the channels, has no annotations, or another rate than the others.
  static func load(_ path: String) throws -> Dataset {
    try Dataset(DatasetFile.read(path: path))
  }

  init(_ file: DatasetFile) throws {
    let items = try RecordingList(file).items
    var recordings: [Recording] = []
    for item in items {
      let recording = try Self.read(item, channels: file.channels)
      if let first = recordings.first { try Self.check(recording, against: first, byName: file.channels == nil) }
      recordings.append(recording)
    }
    guard let first = recordings.first, let rate = first.sampleRateHz else {
      throw FileError(path: file.path, message: "'exclude' leaves no recording: remove one from it")
    }
    self.file = file
    sampleRateHz = rate
    channels = first.channels.map(\.name)
    var parts: [DatasetPart: Part] = [:]
    for part in DatasetPart.allCases {
      let members = items.indices.filter { items[$0].part == part }
      parts[part] = Self.cut(members.map { (items[$0].name, recordings[$0]) }, file, channels: first.channels.count)
    }
    self.parts = parts
    let symbols = Set(file.labelling.classes.flatMap(\.symbols))
    annotationsOfNoClass = recordings.reduce(into: [:]) { counts, recording in
      for annotation in recording.annotations where !symbols.contains(annotation.symbol) {
        counts[annotation.symbol, default: 0] += 1
      }
    }
  }

  private static func read(_ item: RecordingList.Item, channels: [String]?) throws(FileError) -> Recording {
    let recording = try RecordingReader.read(path: item.path)
    guard !recording.annotations.isEmpty, recording.sampleRateHz != nil else {
      throw FileError(
        path: recording.path,
        message: "has no annotations, so that nothing says what its windows are: add its "
          + "\(item.name).atr, or leave the recording out with 'exclude'")
    }
    return try channels.map { channels throws(FileError) in try recording.selecting(channels: channels) } ?? recording
  }

  private static func check(_ recording: Recording, against first: Recording, byName: Bool) throws(FileError) {
    let (rate, expected) = (recording.sampleRateHz ?? 0, first.sampleRateHz ?? 0)
    guard rate == expected else {
      throw FileError(
        path: recording.path,
        message: "has \(Quantity.text(rate)) samples a second, the recording before it "
          + "(\(first.name)) has \(Quantity.text(expected)): resample it, or leave it out with 'exclude'")
    }
    let (names, wanted) = (recording.channels.map(\.name), first.channels.map(\.name))
    guard !byName || names == wanted else {
      throw FileError(
        path: recording.path,
        message: "has the channels \(names.joined(separator: ", ")), the recording before it "
          + "(\(first.name)) has \(wanted.joined(separator: ", ")): choose some with 'channels'")
    }
  }

  private static func cut(_ members: [(name: String, recording: Recording)], _ file: DatasetFile, channels: Int) -> Part
  {
    let geometry = WindowGeometry(
      lengthSamples: file.lengthSamples, hopSamples: file.hopSamples, channels: channels)
    var cutter = WindowCutter(geometry: geometry, labelling: file.labelling)
    cutter.reserve(frames: members.map(\.recording.frameCount))
    for member in members { cutter.add(member.recording, name: member.name) }
    return Part(
      records: members.map(\.name),
      windows: LabelledWindows(
        samples: cutter.samples, windowSamples: file.lengthSamples, channels: channels, labels: cutter.labels),
      sources: cutter.sources, unlabelled: cutter.unlabelled, incomplete: cutter.incomplete)
  }
}
