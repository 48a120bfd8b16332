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
        sigstreamd evaluate --model m.safetensors --dataset set.yaml
        sigstreamd evaluate --model m.safetensors --signals x.npy --labels y.npy --report m.html
      """)

  @Option(help: ArgumentHelp("The model.", valueName: "file"))
  var model: String
  @OptionGroup(title: "Data") var source: DataOptions
  @Option(help: ArgumentHelp("Part of the dataset to measure.", valueName: "part"))
  var split = DatasetPart.test
  @Option(help: ArgumentHelp("Arithmetic.", valueName: "name"))
  var precision = Precision.float32
  @Option(help: ArgumentHelp("Cores to use.", valueName: "number"))
  var threads = ProcessInfo.processInfo.activeProcessorCount
  @Option(
    help: ArgumentHelp("Write a page of curves, tables and the most confident mistakes.", valueName: "file.html"))
  var report: String?
  @Flag(help: "Print a JSON object.")
  var json = false

  func validate() throws {
    guard source.isGiven else { throw ValidationError("Give --signals and --labels, or --dataset.") }
    try source.validatePairs()
    guard (1...1024).contains(threads) else { throw ValidationError("--threads must be 1 to 1024.") }
  }

  func run() throws {
    let page = try report.map { try OutputFile($0, inputs: source.files + [self.model]) }
    let model = try Model.load(path: self.model)
    let (name, windows, sources) = try source.evaluationPart(for: model, part: split)
    let outputs = BatchEvaluation(try PackedModel(model, precision: precision), windows, threads: threads)
    let part = MeasuredPart(name: name, windows: windows, sources: sources, outputs: outputs, labels: model.labels)
    try StandardOutput.write(json ? try JSONText.encode(part.evaluation) : EvaluationReport(part.evaluation).text)
    let title = "\(URL(filePath: self.model).lastPathComponent) measured"
    try page.map { try ReportPage(title: title, model: model, path: self.model, parts: [part]).write(to: $0) }
  }
}

extension DatasetPart: ExpressibleByArgument {}
