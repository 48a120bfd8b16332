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
      machine can classify, by its processors' time, also while the daemon runs; and says whether that is enough for the \
      streams that are expected ('expectedStreams' of a feed; one if it is left out). A mistake, or a load that the \
      machine can't carry, is reported on one line, with its file, line and key, and the exit code 78.

      Example:
        sigstreamd check --config /etc/sigstreamd/sigstreamd.yaml
      """)

  @Option(name: .long, help: ArgumentHelp("The configuration file.", valueName: "file"))
  var config: String

  func run() throws {
    let configuration = try Configuration.read(
      path: config, stateFolder: Configuration.serviceStateFolder(of: config))
    var models: [String: PackedModel] = [:]
    let report = try ConfigurationReport(configuration) { path in
      let model = try Model.load(path: path)
      models[path] = try PackedModel(model, precision: configuration.precision)
      return try ModelSummary(model, path: path)
    }
    for warning in try configuration.checkPlaces(file: config) { warn(warning) }
    try configuration.history?.check()
    for warning in report.warnings { StandardError.write("warning: \(warning)\n") }
    let clients = try clients(configuration.security)
    print("\(config) is valid.\n\n\(report.text)\n\(configuration.securityText(clients: clients))")
    let capacity = Capacity(report.configuration, windowsPerSecond: models.mapValues(windowsPerSecond(configuration)))
    print(capacity.text)
    try capacity.check()
  }

  private func warn(_ text: String) { StandardError.write("warning: \(config): \(text)\n") }

  /// How many clients may connect; nil: all that know the public key.
  private func clients(_ security: SecurityConfiguration?) throws -> Int? {
    guard let security, security.isKeyStillToCome else { return try SocketKeys(security).allowed?.count }
    warn("security.secretKey: \(security.secretKeyPath) is there only while the service runs, and not looked at")
    return try security.allowedClientsPath.map { try AllowList(path: $0).count }
  }
}

/// Measures what all workers can classify with a model: by the processors' own time and behind other programs, so that a
/// daemon that runs meanwhile neither suffers nor counts against its successor.
private func windowsPerSecond(_ configuration: Configuration) -> (PackedModel) -> Double {
  { model in
    let threads = min(configuration.workers, ProcessInfo.processInfo.activeProcessorCount)
    let result = InferenceBench(
      model: model, batch: configuration.batch.maxSize, threads: threads, seconds: 1, niceness: 10
    ).run()
    return Double(result.windows) * Double(threads) / result.processorSeconds
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
