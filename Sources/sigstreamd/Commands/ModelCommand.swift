import ArgumentParser
import Classifier
import Foundation

/// `sigstreamd model`: what is in a checkpoint, and a way out of it.
struct ModelCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "model", abstract: "Look into model files, make them smaller, export them.",
    subcommands: [Inspect.self, Quantize.self, Export.self])

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

extension Model {
  /// - Parameters:
  ///   - path: where it was read.
  ///   - advice: what to do with an ensemble.
  /// - Throws: `CommandFailure` when it is an ensemble.
  func checkIsSingle(path: String, _ advice: String) throws(CommandFailure) {
    guard memberCount > 1 else { return }
    throw CommandFailure("\(path): is an ensemble of \(memberCount) models: \(advice)", exitCode: .data)
  }
}
