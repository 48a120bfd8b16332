import ArgumentParser
import Classifier
import Foundation

/// `sigstreamd train`: a model from recorded data.
struct Train: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Train a model on recorded data.",
    discussion: """
      Give the data in one of three ways: windows in NumPy files, a dataset file that says how to cut recordings into \
      windows, or the synthetic demonstration. The checkpoint is written after each best epoch (by macro-F1 on the \
      validation part) and, with the statistics of its anomaly score, at the end. Ctrl-C stops after the step and keeps \
      the best.

      Examples:
        sigstreamd train --signals signals.npy --labels labels.npy --model out.safetensors
        sigstreamd train --dataset dataset.yaml --model out.safetensors --epochs 10 --class-weights balanced
        sigstreamd train --synthetic --model out.safetensors
        sigstreamd train --signals more.npy --labels more-labels.npy --init out.safetensors --model tuned.safetensors
      """)

  @OptionGroup(title: "Data") var source: DataOptions
  @Flag(help: "Train on the demonstration: ten classes of sines in noise.")
  var synthetic = false
  @Option(help: ArgumentHelp("Where to write the checkpoint.", valueName: "file"))
  var model: String
  @Option(name: .customLong("init"), help: ArgumentHelp("Start from this checkpoint.", valueName: "file"))
  var initial: String?
  @Option(help: "Share of the training windows held out to choose the best epoch, by class; 0: keep the last epoch.")
  var validation = 0.1
  @Option(
    help: """
      Input scaling, the model's first layer: window (each window to mean 0, deviation 1), fixed (by the training \
      data's mean and deviation), none (default: window).
      """)
  var normalisation: InputSpecification.Normalisation?
  @Option(name: .customLong("sample-rate"), help: "Samples a second of --signals, kept in the checkpoint.")
  var sampleRate: Double?
  @Option(help: ArgumentHelp("Write a line of JSON for each step.", valueName: "file"))
  var log: String?
  @OptionGroup(title: "Architecture") var architecture: ArchitectureOptions
  @OptionGroup(title: "Recipe") var recipe: RecipeOptions

  func validate() throws {
    guard source.isGiven != synthetic else {
      throw ValidationError("Give --signals and --labels, or --dataset, or --synthetic.")
    }
    try source.validatePairs()
    guard (0..<1).contains(validation) else { throw ValidationError("--validation must be 0 or more and less than 1.") }
    guard sampleRate ?? 1 > 0 else { throw ValidationError("--sample-rate must be positive.") }
    if initial != nil, architecture.isGiven || normalisation != nil {
      throw ValidationError("With --init the architecture and the normalisation are the checkpoint's: leave them out.")
    }
  }

  func run() throws {
    let start = try initial.map { try Model.load(path: $0) }
    var data = try synthetic ? .synthetic(seed: recipe.seed) : source.trainingData(for: start)
    if let sampleRate { data.sampleRateHz = sampleRate }
    data.splitValidation(share: validation, seed: recipe.seed)
    guard data.training.count > 0 else {
      throw CommandFailure("no windows to train on: check the recordings, classes and splits", exitCode: .data)
    }
    let model = try start ?? newModel(data)
    report(data, model)
    let options = recipe.options(for: data.training, classes: data.labels.count)
    var run = TrainingRun(
      data: data, options: options, path: self.model,
      command: TrainingRecord.command(Array(CommandLine.arguments.dropFirst())),
      parameters: model.architecture.parameterCount, log: try log.map(StepLog.init(path:)),
      stop: StopSignal(handling: StopSignal.standardSignals))
    let trained = try run.run(from: model)
    finish(run, trained)
    if run.stop.isRequested { throw ExitCode(130) }
  }

  private func newModel(_ data: TrainingData) throws -> Model {
    let channels = data.training.channels
    let architecture = try self.architecture.architecture(inputChannels: channels, classes: data.labels.count)
    var input = InputSpecification(
      sampleRate: data.sampleRateHz, window: data.training.windowSamples, normalisation: normalisation ?? .window)
    if input.normalisation == .fixed {
      (input.mean, input.std) = data.training.channelStatistics()
    }
    return Model(architecture: architecture, labels: data.labels, input: input, seed: recipe.seed)
  }

  private func report(_ data: TrainingData, _ model: Model) {
    var table = TextTable([.left("CLASS")] + data.parts.map { .right($0.name.uppercased()) })
    for (k, label) in data.labels.enumerated() {
      table.add([label] + data.parts.map { String($0.windows.labels.count { $0 == k }) })
    }
    let text = """
      \(data.description.name): windows of \(data.training.windowSamples) samples, \(data.training.channels) \
      channel\(data.training.channels == 1 ? "" : "s")
      \(table.text)
      \(data.description.leftOut.sorted { $0.key < $1.key }.map { "left out: \($1) \($0)\n" }.joined())\
      \(model.architecture.parameterCount) parameters

      """
    FileHandle.standardError.write(Data(text.utf8))
  }

  private func finish(_ run: TrainingRun, _ trained: Model) {
    if let test = run.record.test {
      print(EvaluationReport(test).text)
    }
    print("\(model): epoch \(run.record.epoch), SHA-256 \(trained.identity)")
  }
}

extension InputSpecification.Normalisation: ExpressibleByArgument {}
