import ArgumentParser

/// The root of the command line.
@main
struct Sigstreamd: AsyncParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "sigstreamd",
    abstract: "Labels and anomaly scores for live sensor streams.")
}
