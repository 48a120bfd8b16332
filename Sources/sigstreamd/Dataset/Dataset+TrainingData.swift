import Classifier
import StreamIO
import Windowing

extension Dataset {
  /// The dataset as `train` and `evaluate` take it.
  ///
  /// - Parameter model: where training starts, or what is measured: its classes (whose order then holds), channels, window
  ///   and rate have to be the dataset's. Nil: any.
  /// - Throws: `FileError` where they are not.
  func trainingData(for model: Model?) throws(FileError) -> TrainingData {
    let names = model?.labels ?? labels
    if let model { try check(model) }
    let indices = labels.map { label in names.firstIndex(of: label) ?? 0 }
    let windows = parts.mapValues { $0.windows.relabelled(indices) }
    let records = parts.filter { !$0.value.records.isEmpty }.map { ($0.key.rawValue, $0.value.records) }
    return TrainingData(
      training: windows[.training] ?? training,
      validation: self[.validation].records.isEmpty ? nil : windows[.validation],
      test: self[.test].records.isEmpty ? nil : windows[.test], labels: names, sampleRateHz: sampleRateHz,
      filters: file.filters ?? [],
      description: TrainingData.Description(
        name: file.name, records: Dictionary(uniqueKeysWithValues: records), leftOut: leftOut),
      sources: .recordings(self[.training].sources, sampleRateHz: sampleRateHz),
      partSources: parts.filter { !$0.value.records.isEmpty }.mapValues {
        .recordings($0.sources, sampleRateHz: sampleRateHz)
      },
      annotationsOfNoClass: annotationsOfNoClass, augmentation: file.augmentation)
  }

  /// Windows left out by reason; reasons that left out none are not there.
  private var leftOut: [String: Int] {
    [
      "without an annotation that stands for a class": parts.values.reduce(0) { $0 + $1.unlabelled },
      "with missing samples": parts.values.reduce(0) { $0 + $1.incomplete },
    ].filter { $0.value > 0 }
  }

  private func check(_ model: Model) throws(FileError) {
    func error(_ message: String) -> FileError { FileError(path: file.path, message: message) }
    if let unknown = labels.first(where: { !model.labels.contains($0) }) {
      throw error("has the class '\(unknown)', the model has \(model.labels.joined(separator: ", ")): use its names")
    }
    guard model.architecture.inputChannels == training.channels else {
      throw error(
        "has \(training.channels) channels, the model takes \(model.architecture.inputChannels): change 'channels'")
    }
    guard model.input.window == file.lengthSamples else {
      throw error(
        "has windows of \(file.lengthSamples) samples, the model takes \(model.input.window): change 'windows'")
    }
    guard model.input.sampleRate == 0 || model.input.sampleRate == sampleRateHz else {
      throw error(
        "has \(Quantity.text(sampleRateHz)) samples a second, the model takes \(Quantity.text(model.input.sampleRate)): "
          + "write 'resample: \(Quantity.text(model.input.sampleRate))', or leave it out")
    }
  }
}
