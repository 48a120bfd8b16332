import ArgumentParser
import Glibc
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
      second SIGINT (Ctrl-C) ends it at once. SIGHUP makes it read its configuration and its models anew: what is wrong \
      is logged and changes nothing; feeds that are the same lose no sample. \
      Logs go to stderr. Under systemd it says when it is ready (Type=notify).

      Example:
        sigstreamd run --config examples/ecg/sigstreamd.yaml
      """)

  @Option(name: .long, help: ArgumentHelp("The configuration file.", valueName: "file"))
  var config: String

  func run() async throws {
    OpenFileLimit.raise()
    let hangups = await UnixSignalsSequence(trapping: .sighup)
    // A log that nobody reads any more is no reason to end.
    signal(SIGPIPE, SIG_IGN)
    let log = try ServiceLog()
    defer { log.finish() }
    do {
      try await run(log, hangups)
    } catch {
      // Not as other commands tell it: the log's readers are programs too, and the journal goes by its priorities.
      let outcome = CommandOutcome(error: error)
      log.logger.critical("\(outcome.reason)")
      throw ExitCode(outcome.exitCode)
    }
  }

  private func run(_ log: ServiceLog, _ hangups: UnixSignalsSequence) async throws {
    let loaded = try LoadedConfiguration.read(path: config)
    log.configure(loaded.configuration.log)
    let daemon = Daemon(path: config, loaded: loaded, log: log, hangups: hangups)
    let group = ServiceGroupConfiguration(
      services: [.init(service: daemon, successTerminationBehavior: .gracefullyShutdownGroup)],
      gracefulShutdownSignals: [.sigterm, .sigint], logger: log.logger)
    try await ServiceGroup(configuration: group).run()
  }
}
