import ArgumentParser
import Classifier
import Foundation

/// `sigstreamd model`: what is in a checkpoint.
struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Look into model files, and make them smaller.", subcommands: [Inspect.self, Quantize.self])

  struct Inspect: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Print a model's architecture, labels, input, identity and training figures.",
      discussion: """
        Example:
          sigstreamd model inspect examples/ecg/ecg.safetensors
        """)

    @Argument(help: ArgumentHelp("The model.", valueName: "file"))
    var model: String
    @Flag(help: "Print a JSON object.")
    var json = false

    func run() throws {
      let inspection = ModelInspection(try Model.load(path: model))
      try StandardOutput.write(json ? try JSONText.encode(inspection) : inspection.text)
    }
  }
}
