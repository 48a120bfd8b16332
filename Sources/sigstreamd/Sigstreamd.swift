import ArgumentParser
import Foundation

/// The root of the command line.
@main
struct Sigstreamd: AsyncParsableCommand {
  /// The program's version, as CHANGELOG.md has it.
  static let version = "0.1.0"

  static let configuration = CommandConfiguration(
    commandName: "sigstreamd",
    abstract: "Labels and anomaly scores for live sensor streams.",
    discussion: """
      sigstreamd takes samples in on ZeroMQ, cuts sliding windows, classifies them with a CNN + Transformer, and \
      sends a label, a confidence and an anomaly score out for each. The same program trains the model on recorded data. \
      It is for research, and not an alarm device.

      A failing command says what to do on one line of stderr and exits with a code of sysexits.h: 64 usage, 65 data, \
      66 missing input, 69 unavailable, 70 internal, 71 system, 74 input/output, 77 permission, 78 configuration.
      """,
    version: version,
    subcommands: [
      Run.self, Check.self, Replay.self, Watch.self, History.self, Train.self, Evaluate.self, Classify.self,
      ModelCommand.self, DatasetCommand.self, Convert.self, Record.self, Label.self, Keygen.self, Bench.self,
    ])

  /// Parses the arguments, runs the command they name, and ends the process as `CommandOutcome` has it.
  static func main() async {
    do {
      var command = try await asyncParseAsRoot()
      if var asynchronous = command as? any AsyncParsableCommand {
        try await asynchronous.run()
      } else {
        try command.run()
      }
    } catch {
      let outcome = CommandOutcome(error: error)
      if !outcome.output.isEmpty {
        let handle = outcome.isError ? FileHandle.standardError : FileHandle.standardOutput
        // A reader that has gone away is no reason to fail otherwise than decided.
        try? handle.write(contentsOf: Data((outcome.output + "\n").utf8))
      }
      Foundation.exit(outcome.exitCode)
    }
  }
}
