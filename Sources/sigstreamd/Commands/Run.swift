import ArgumentParser
import Classifier
import Logging
import ServiceLifecycle
import UnixSignals

/// `sigstreamd run`: the daemon.
struct Run: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Run the daemon.",
    discussion: """
      Receives samples, classifies windows and publishes results until SIGTERM or SIGINT; then closes its input, \
      classifies what is queued (for 10 s at the most), sends the results and prints the final counts of each feed. A \
      second SIGINT (Ctrl-C) ends it at once. \
      Logs go to stderr. Under systemd it says when it is ready (Type=notify).

      Example:
        sigstreamd run --config examples/ecg/sigstreamd.yaml
      """)

  @Option(name: .long, help: ArgumentHelp("The configuration file.", valueName: "file"))
  var config: String

  func run() async throws {
    OpenFileLimit.raise()
    let configuration = try Configuration.read(path: config)
    let keys = try SocketKeys(configuration.security)
    var models: [String: ServedModel] = [:]
    let report = try ConfigurationReport(configuration) { path in
      let model = try Model.load(path: path)
      models[path] = ServedModel(try PackedModel(model, precision: configuration.precision))
      return ModelSummary(model)
    }
    var logger = Logger(label: "sigstreamd") { StreamLogHandler.standardError(label: $0) }
    logger.logLevel = .info
    let daemon = Daemon(configuration: report.configuration, keys: keys, models: models, logger: logger)
    let group = ServiceGroupConfiguration(
      services: [.init(service: daemon, successTerminationBehavior: .gracefullyShutdownGroup)],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: logger)
    try await ServiceGroup(configuration: group).run()
  }
}
