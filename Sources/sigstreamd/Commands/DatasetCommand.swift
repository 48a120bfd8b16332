import ArgumentParser
import StreamIO

/// `sigstreamd dataset`: what a dataset file stands for.
struct DatasetCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "dataset", abstract: "Look into a dataset file.", subcommands: [Show.self])

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print windows by class, group and part, durations, and what is doubtful.",
      discussion: """
        Files that can't be read or don't fit the others are listed; the exit code is then 65.

        Example:
          sigstreamd dataset show dataset.yaml
        """)

    @Argument(help: ArgumentHelp("The dataset file.", valueName: "file"))
    var file: String
    @OptionGroup var cache: CacheOptions

    func run() throws {
      var broken: [String] = []
      let dataset = try Dataset(DatasetFile.read(path: file), cache: cache.datasetCache) {
        broken.append(CommandOutcome(error: $0).reason)
      }
      StandardError.write("\(dataset.originText)\n")
      try StandardOutput.write(DatasetReport(dataset: dataset, broken: broken).text)
      guard broken.isEmpty else {
        throw CommandFailure("\(file): \(broken.count) of its files can't be used: see above", exitCode: .data)
      }
    }
  }
}
