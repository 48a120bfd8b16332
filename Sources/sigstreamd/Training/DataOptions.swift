import ArgumentParser
import Classifier
import StreamIO

/// Where labelled windows come from: a pair of NumPy files, or a dataset file.
struct DataOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("N windows of L samples, (N, L), or of C channels, (N, C, L), as .npy.", valueName: "file"))
  var signals: String?
  @Option(help: ArgumentHelp("The class of each window, (N,) whole numbers, as .npy.", valueName: "file"))
  var labels: String?
  @Option(help: ArgumentHelp("A file that says how to cut recordings into labelled windows (YAML).", valueName: "file"))
  var dataset: String?
  @OptionGroup var cache: CacheOptions

  var isGiven: Bool { signals != nil || labels != nil || dataset != nil }

  /// The files that were given.
  var files: [String?] { [signals, labels, dataset] }

  /// Throws where options that belong together are not.
  func validatePairs() throws {
    guard (signals == nil) == (labels == nil) else {
      throw ValidationError("--signals and --labels go together.")
    }
    guard signals == nil || dataset == nil else {
      throw ValidationError("Give --signals and --labels, or --dataset, not both.")
    }
  }

  /// The windows to train on.
  ///
  /// - Parameter model: where training starts; its classes, channels and window length then hold.
  func trainingData(for model: Model?) throws -> TrainingData {
    if let signals, let labels {
      let windows = try SignalFile(path: signals, window: model?.input.window)
      try Self.checkChannels(windows.channels, model, path: signals)
      let classes = try LabelFile(path: labels, count: windows.count)
      let names = model?.labels ?? classes.names
      return TrainingData(
        training: windows.labelled(try classes.indices(into: names)), validation: nil, test: nil, labels: names,
        sampleRateHz: model?.input.sampleRate ?? 0, description: .init(name: "windows of a NumPy file"),
        sources: .numbered(signals))
    }
    guard let dataset else { preconditionFailure("validate() asks for one of the sources") }
    let read = try Dataset.load(dataset, for: model, cache: cache.datasetCache)
    StandardError.write("\(read.originText)\n")
    return try read.trainingData(for: model)
  }

  /// The windows to measure `model` on: all of `--signals`, or one part of the dataset.
  func evaluationWindows(for model: Model, part: DatasetPart) throws -> LabelledWindows {
    try evaluationPart(for: model, part: part).windows
  }

  /// The same with what they are called and what names each. Warns of a part that `model` was trained on, unless it is
  /// the training part that is asked for.
  func evaluationPart(
    for model: Model, part: DatasetPart
  ) throws -> (name: String, windows: LabelledWindows, sources: WindowSources) {
    let data = try trainingData(for: model)
    if signals != nil { return ("All windows", data.training, data.sources) }
    guard let windows = data.part(part), windows.count > 0 else {
      throw CommandFailure(
        "\(dataset ?? ""): no windows in the \(part.rawValue) part: name another with --split", exitCode: .data)
    }
    if part != .training, let leak = data.leak(of: part, to: model, called: "the model") {
      StandardError.write("warning: \(leak)\n")
    }
    return (part.title, windows, data.sources(of: part))
  }

  private static func checkChannels(_ channels: Int, _ model: Model?, path: String) throws(FileError) {
    guard let expected = model?.architecture.inputChannels, expected != channels else { return }
    throw FileError(
      path: path, message: "has \(channels) channel\(channels == 1 ? "" : "s"), the model takes \(expected)")
  }
}
