import Classifier
import StreamIO

/// Labelled windows cut from recordings, in the parts that a dataset file splits them into.
struct Dataset: Sendable {
  /// The windows of one part, with where each comes from.
  struct Part: Sendable {
    /// Files in it, in the order of their windows.
    var records: [String]
    /// The group of each recording in it, by its name.
    var groups: [String: String] = [:]
    /// Frames of all recordings in it.
    var frames = 0
    var windows: LabelledWindows
    /// `[N]`
    var sources: [WindowCutter.Source]
    /// Windows left out because no annotation in them stands for a class.
    var unlabelled: Int
    /// Windows left out because samples are missing in them.
    var incomplete: Int
  }

  let file: DatasetFile
  /// Of every recording; 0 where none says.
  let sampleRateHz: Double
  /// Names of the channels, as the first recording has them.
  let channels: [String]
  /// Every part; one without recordings holds no windows.
  let parts: [DatasetPart: Part]
  /// How often labels occur that stand for no class.
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
  /// - Parameter model: whose rate and filters hold where the file says none.
  /// - Throws: `ConfigurationError` for what is wrong in the file; `FileError` for a recording that can't be read, lacks
  ///   one of the channels, has no labels, or another rate than the others.
  static func load(_ path: String, for model: Model? = nil) throws -> Dataset {
    var file = try DatasetFile.read(path: path)
    try model.map { try file.adopt($0) }
    return try Dataset(file)
  }

  /// - Parameter onBroken: called with the error of each file that can't be used, which is then left out; nil: it is thrown.
  init(_ file: DatasetFile, onBroken: ((any Error) -> Void)? = nil) throws {
    var builder = DatasetBuilder(file)
    for item in try RecordingList(file).items {
      do {
        try builder.add(item)
      } catch {
        guard let onBroken else { throw error }
        onBroken(error)
      }
    }
    guard let first = builder.first else {
      throw FileError(path: file.path, message: "'exclude' leaves no recording: remove one from it")
    }
    self.file = file
    sampleRateHz = first.sampleRateHz ?? 0
    channels = first.channels.map(\.name)
    parts = builder.parts
    annotationsOfNoClass = builder.labelsOfNoClass
  }
}
