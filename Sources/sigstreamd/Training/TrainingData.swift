import Classifier
import Windowing

/// What a model is trained on: windows by split, and what the checkpoint needs to know about them.
struct TrainingData {
  var training: LabelledWindows
  /// Chooses the epoch that is kept; nil: to be split off by `--validation`.
  var validation: LabelledWindows?
  /// Measured once, at the end.
  var test: LabelledWindows?
  /// Class names.
  var labels: [String]
  /// 0 when unknown.
  var sampleRateHz: Double
  /// What the samples were filtered by, as far as is known.
  var filters: [SignalFilter] = []
  /// Where the windows come from, for the checkpoint's `training` metadata.
  var description: Description
  /// Names the training windows, and those of the parts split off from them.
  var sources: WindowSources
  /// Names the windows of the parts that come with the data.
  var partSources: [DatasetPart: WindowSources] = [:]
  /// Annotations of the recordings by symbol that stand for no class.
  var annotationsOfNoClass: [String: Int] = [:]
  /// Random changes to the training windows.
  var augmentation = Augmentation()

  struct Description: Codable, Sendable, Equatable {
    /// Such as the dataset's name.
    var name: String
    /// Record names by split, where there are records.
    var records: [String: [String]] = [:]
    /// Windows by split and class.
    var windows: [String: [String: Int]] = [:]
    /// Windows left out by reason ("with missing samples"), where there were any.
    var leftOut: [String: Int] = [:]
  }

  /// The ten-class demonstration with a fifth of each class held out as the test part.
  static func synthetic(seed: UInt64) -> TrainingData {
    let (training, test) = SyntheticSignals.make(seed: seed).stratifiedSplit(share: 0.2, seed: seed)
    return TrainingData(
      training: training, validation: nil, test: test, labels: SyntheticSignals.labels, sampleRateHz: 0,
      description: Description(name: "synthetic: ten classes of sines in noise"),
      sources: .numbered("the demonstration"))
  }

  /// Throws where `model`, read from `path` since `option` says so, is not for these data.
  func check(fits model: Model, path: String, option: String) throws(CommandFailure) {
    guard
      model.labels != labels || model.architecture.inputChannels != training.channels
        || model.input.window != training.windowSamples
    else { return }
    throw CommandFailure(
      "\(path): has other classes, channels or windows than the data (\(description.name)): leave \(option) out",
      exitCode: .data)
  }

  /// Splits `share` of the training windows off for validation, unless the data come with a validation part.
  mutating func splitValidation(share: Double, seed: UInt64) {
    guard validation == nil, share > 0 else { return }
    let (rest, part) = training.stratifiedSplit(share: share, seed: seed)
    (training, validation) = (rest, part)
  }

  /// The windows of one part.
  func part(_ part: DatasetPart) -> LabelledWindows? {
    switch part {
    case .training: training
    case .validation: validation
    case .test: test
    }
  }

  /// Names the windows of one part.
  func sources(of part: DatasetPart) -> WindowSources { partSources[part] ?? sources }

  /// The parts that hold windows.
  var parts: [(name: String, windows: LabelledWindows)] {
    DatasetPart.allCases.compactMap { name in
      part(name).flatMap { $0.count > 0 ? (name.rawValue, $0) : nil }
    }
  }

  /// Windows of each class in each part, for the checkpoint.
  func counts() -> [String: [String: Int]] {
    Dictionary(
      uniqueKeysWithValues: parts.map { part in
        (part.name, Dictionary(grouping: part.windows.labels, by: { labels[$0] }).mapValues(\.count))
      })
  }
}

extension InputSpecification {
  /// Says of the samples what `data` say of theirs: the filters, which are those of a model that names some, and the
  /// rate where none is known.
  mutating func adopt(_ data: TrainingData) {
    if !data.filters.isEmpty { filters = SignalFilter.text(data.filters) }
    if sampleRate == 0 { sampleRate = data.sampleRateHz }
  }
}

/// The parts that labelled data are split into.
enum DatasetPart: String, CaseIterable, Codable {
  case training, validation, test

  /// As a heading.
  var title: String { "\(rawValue.prefix(1).uppercased())\(rawValue.dropFirst()) part" }
}
