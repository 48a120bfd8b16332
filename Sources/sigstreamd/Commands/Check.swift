import ArgumentParser
import Classifier
import StreamIO

/// `sigstreamd check`: validates a configuration and the models it names.
struct Check: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Validate a configuration and its models without starting anything.",
    discussion: """
      Prints what 'run' would run: each feed with its socket, rate and window, each model with its labels. Opens no \
      sockets. A mistake is reported on one line with its file, line and key, and the exit code 78.

      Example:
        sigstreamd check --config /etc/sigstreamd/sigstreamd.yaml
      """)

  @Option(name: .long, help: ArgumentHelp("The configuration file.", valueName: "file"))
  var config: String

  func run() throws {
    let configuration = try Configuration.read(path: config)
    let report = try ConfigurationReport(configuration) { path in
      let model = try Model.load(path: path)
      _ = try PackedModel(model, precision: configuration.precision)
      return try ModelSummary(model, path: path)
    }
    let clients = try SocketKeys(configuration.security).allowed?.count
    print("\(config) is valid.\n\n\(report.text)\n\(configuration.securityText(clients: clients))")
  }
}

extension ModelSummary {
  /// - Throws: `FileError` where the model, read from `path`, names filters that this program doesn't know.
  init(_ model: Model, path: String) throws(FileError) {
    self.init(
      labels: model.labels, sampleRateHz: model.input.sampleRate, windowSamples: model.input.window,
      channels: model.architecture.inputChannels, identity: model.identity, filters: try model.filters(path: path))
  }
}
