import ArgumentParser
import Classifier
import Foundation
import StreamIO

/// `sigstreamd check`: validates a configuration and the models it names.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Validate a configuration and its models without starting anything.",
    discussion: """
      Prints what 'run' would run: each feed with its socket, rate and window, each model with its labels. Opens no \
      sockets and makes no files, but looks whether there are the folders for them; one that this user can't write is a \
      warning, for the daemon may run as another. Then measures, for about a second for each model, how many windows this \
      machine can classify, and whether that is enough for the streams that are expected ('expectedStreams' of a feed; one \
      if it is left out). A mistake, or a load that the machine can't carry, is reported on one line, with its file, line \
      and key, and the exit code 78.

      Example:
        sigstreamd check --config /etc/sigstreamd/sigstreamd.yaml
      """)

  @Option(name: .long, help: ArgumentHelp("The configuration file.", valueName: "file"))
  var config: String

  func run() throws {
    let configuration = try Configuration.read(path: config)
    var models: [String: PackedModel] = [:]
    let report = try ConfigurationReport(configuration) { path in
      let model = try Model.load(path: path)
      models[path] = try PackedModel(model, precision: configuration.precision)
      return try ModelSummary(model, path: path)
    }
    try configuration.history?.check()
    for warning in try configuration.checkPlaces() { StandardError.write("warning: \(config): \(warning)\n") }
    for warning in report.warnings { StandardError.write("warning: \(warning)\n") }
    let clients = try SocketKeys(configuration.security).allowed?.count
    print("\(config) is valid.\n\n\(report.text)\n\(configuration.securityText(clients: clients))")
    let capacity = Capacity(report.configuration, windowsPerSecond: models.mapValues(windowsPerSecond(configuration)))
    print(capacity.text)
    try capacity.check()
  }
}

/// Measures what all workers can classify with a model.
private func windowsPerSecond(_ configuration: Configuration) -> (PackedModel) -> Double {
  { model in
    let threads = min(configuration.workers, ProcessInfo.processInfo.activeProcessorCount)
    return InferenceBench(model: model, batch: configuration.batch.maxSize, threads: threads, seconds: 1).run()
      .windowsPerSecond
  }
}

extension ModelSummary {
  /// - Throws: `FileError` where the model, read from `path`, names filters that this program doesn't know.
  init(_ model: Model, path: String) throws(FileError) {
    self.init(
      labels: model.labels, sampleRateHz: model.input.sampleRate, windowSamples: model.input.window,
      channels: model.architecture.inputChannels, identity: model.identity, filters: try model.filters(path: path),
      heldOutWindows: model.novelty?.calibrationCount)
  }
}
