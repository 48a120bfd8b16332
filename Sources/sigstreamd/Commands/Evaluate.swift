import ArgumentParser
import Classifier
import Foundation

/// `sigstreamd evaluate`: how well a model does on labelled data.
struct Evaluate: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure a model on labelled data.",
    discussion: """
      Prints accuracy, macro-F1, precision and recall by class and the confusion matrix. Of a dataset file the test \
      part is measured, or what --split names.

      Examples:
        sigstreamd evaluate --model m.safetensors --dataset dataset.yaml --split validation
        sigstreamd evaluate --model m.safetensors --signals signals.npy --labels labels.npy --json
      """)

  @Option(help: ArgumentHelp("The model.", valueName: "file"))
  var model: String
  @OptionGroup(title: "Data") var source: DataOptions
  @Option(help: "Part of the dataset: \(DatasetPart.allCases.map(\.rawValue).joined(separator: ", ")).")
  var split = DatasetPart.test
  @Option(help: "Cores to use (default: all).")
  var threads = ProcessInfo.processInfo.activeProcessorCount
  @Flag(help: "Print a JSON object.")
  var json = false

  func validate() throws {
    guard source.isGiven else { throw ValidationError("Give --signals and --labels, or --dataset.") }
    try source.validatePairs()
    guard (1...1024).contains(threads) else { throw ValidationError("--threads must be 1 to 1024.") }
  }

  func run() throws {
    let model = try Model.load(path: self.model)
    let windows = try source.evaluationWindows(for: model, part: split)
    let outputs = BatchEvaluation(model, windows, threads: threads)
    let evaluation = Evaluation(labels: model.labels, truth: windows.labels, predicted: outputs.predicted)
    print(json ? try JSONText.encode(evaluation) : EvaluationReport(evaluation).text)
  }
}

extension DatasetPart: ExpressibleByArgument {}
