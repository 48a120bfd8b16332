import ArgumentParser
import Classifier
import Foundation
import StreamIO
import Windowing

/// How `classify` and `model quantize` cut a recording.
struct RecordingOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The recording's channels, by name or index from 0, in the model's order. (default: all)", valueName: "names"))
  var channels: String?
  @Option(
    help: ArgumentHelp(
      "Samples from a window's start to the next's. (default: a quarter of the window)", valueName: "samples"))
  var hop: Int?
  @Option(
    help: ArgumentHelp(
      "Samples a second, of a recording that does not say. (default: the model's)", valueName: "Hz"),
    transform: parseSampleRate)
  var sampleRate: Double?

  func validate() throws {
    guard (1...WindowGeometry.maximum).contains(hop ?? 1) else {
      throw ValidationError("--hop must be 1 to \(WindowGeometry.maximum).")
    }
  }

  /// Classifies all windows of a recording, in batches on several threads, and hands out their results in order.
  func classify(_ path: String, model: PackedModel, threads: Int, output: (WindowResult) throws -> Void) throws {
    let (windows, name) = try windows(of: path, for: model.model, hop: hop ?? max(1, model.model.input.window / 4))
    let classification = RecordingClassification(packed: model, threads: threads)
    for start in stride(from: 0, to: windows.windows.count, by: Self.windowsAtOnce) {
      let part = start..<min(start + Self.windowsAtOnce, windows.windows.count)
      try classification.results(windows, part, stream: name).forEach(output)
    }
  }

  /// The windows of a recording and its name.
  ///
  /// - Throws: where the recording does not fit the model or is too short.
  func windows(of path: String, for model: Model, hop: Int) throws -> (RecordingWindows, name: String) {
    var recording = try read(path)
    StandardError.warn(of: recording.header.damage)
    if let channels {
      recording = try recording.selecting(channels: channels.split(separator: ",").map(String.init))
    }
    try check(recording, fits: model)
    let rate = rate(of: recording, for: model)
    let windows = RecordingWindows(
      recording, length: model.input.window, hop: hop, sampleRateHz: rate,
      conditioning: try conditioning(of: recording, atHz: rate, for: model))
    guard !windows.windows.isEmpty else {
      throw FileError(
        path: path,
        message: "has \(recording.frameCount) samples, a window takes \(model.input.window): nothing to classify")
    }
    return (windows, recording.name)
  }

  /// Results of a long recording come while it is classified, and take no more memory than these.
  private static let windowsAtOnce = 1024

  private func read(_ path: String) throws(FileError) -> Recording {
    var source = try RecordingReader.openSingle(path: path)
    if let sampleRate { source = try RatedSource(source, sampleRateHz: sampleRate) }
    return try source.readAll()
  }

  private func check(_ recording: Recording, fits model: Model) throws(FileError) {
    let expected = model.architecture.inputChannels
    guard recording.channels.count == expected else {
      let names = recording.channels.map(\.name).joined(separator: ", ")
      throw FileError(
        path: recording.path,
        message: "has the channels \(names), the model takes \(expected): choose with --channels")
    }
  }

  /// Samples a second: the recording's, else the model's, which is told; 0 where neither says.
  private func rate(of recording: Recording, for model: Model) -> Double {
    if let rate = recording.sampleRateHz { return rate }
    let assumed = model.input.sampleRate
    if assumed > 0 {
      StandardError.write(
        "\(recording.path): says no rate, taken to have the model's \(Quantity.text(assumed)) Hz: "
          + "give --sample-rate where it has another\n")
    }
    return assumed
  }

  /// What makes the recording's samples, which have the rate `rate`, like those that the model was trained on.
  private func conditioning(
    of recording: Recording, atHz rate: Double, for model: Model
  ) throws(FileError) -> SignalConditioning? {
    let (filters, wanted) = (try model.filters(path: recording.path), model.input.sampleRate)
    guard rate > 0 else {
      if filters.isEmpty { return nil }
      throw FileError(
        path: recording.path, message: "has no rate, which the model's filters need: give --sample-rate")
    }
    return try SignalConditioning(of: recording.path, from: rate, to: wanted > 0 ? wanted : rate, filters: filters)
  }
}
