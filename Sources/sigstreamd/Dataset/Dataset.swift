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
    /// The rate of each recording in it before it was brought to another, by its name; without those that don't say.
    var rates: [String: Double] = [:]
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

  /// Whether recordings were read for it.
  enum Origin: Sendable, Equatable {
    case cache
    /// They were.
    ///
    /// - Parameter problem: why the windows are not in the cache now; nil: they are.
    case recordings(notCached: String?)
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
  let origin: Origin

  /// Class names, in the order of the indices.
  var labels: [String] { file.labelling.names }
  var training: LabelledWindows { self[.training].windows }
  var validation: LabelledWindows { self[.validation].windows }
  var test: LabelledWindows { self[.test].windows }

  subscript(part: DatasetPart) -> Part {
    guard let part = parts[part] else { preconditionFailure("a dataset has every part") }
    return part
  }

  /// How many windows there are and where they came from: a line for people to read.
  var originText: String {
    let count = String(parts.values.reduce(0) { $0 + $1.windows.count })
    let places = Array(count.indices).reversed().enumerated().filter { $0.offset % 3 == 2 }.map(\.element)
    var grouped = count
    for place in places where place != count.startIndex { grouped.insert(",", at: place) }
    switch origin {
    case .cache: return "windows: \(grouped) from the cache"
    case .recordings(nil): return "windows: \(grouped) cut from the recordings, now in the cache"
    case .recordings(let problem?): return "windows: \(grouped) cut from the recordings, not in the cache: \(problem)"
    }
  }

  /// Reads the dataset file at `path` and its recordings, or what the cache has of them.
  ///
  /// - Parameters:
  ///   - model: whose rate and filters hold where the file says none.
  ///   - cache: where the windows are looked for, and put; nil: they are cut from the recordings, and held in memory.
  /// - Throws: `ConfigurationError` for what is wrong in the file; `FileError` for a recording that can't be read, lacks
  ///   one of the channels, has no labels, or another rate than the others.
  static func load(_ path: String, for model: Model? = nil, cache: DatasetCache? = nil) throws -> Dataset {
    var file = try DatasetFile.read(path: path)
    try model.map { try file.adopt($0) }
    return try Dataset(file, cache: cache)
  }

  /// - Parameter onBroken: called with the error of each file that can't be used, which is then left out; nil: it is thrown.
  init(_ file: DatasetFile, cache: DatasetCache? = nil, onBroken: ((any Error) -> Void)? = nil) throws {
    self = try DatasetLoader(file: file, cache: cache, onBroken: onBroken).load()
  }

  init(_ file: DatasetFile, _ index: DatasetIndex, in store: SampleStore, from origin: Origin) {
    (self.file, self.origin) = (file, origin)
    (sampleRateHz, channels) = (index.sampleRateHz, index.channels)
    annotationsOfNoClass = index.labelsOfNoClass
    parts = index.parts.mapValues { part in
      Part(
        records: part.records, groups: part.groups, rates: part.rates, frames: part.frames,
        windows: part.table.windows(
          in: store, length: file.lengthSamples, channels: index.channels.count, traits: part.traits),
        sources: part.table.sources, unlabelled: part.table.unlabelled, incomplete: part.table.incomplete)
    }
  }
}
