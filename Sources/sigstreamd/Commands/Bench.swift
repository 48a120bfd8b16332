import ArgumentParser
import Classifier
import Foundation

/// `sigstreamd bench`: how fast this machine is.
struct Bench: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Measure the speed of inference or training on this machine.",
    subcommands: [Inference.self, Layers.self, Overload.self, Pipeline.self, Training.self])

  struct Inference: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Windows per second of a model.",
      discussion: """
        Example:
          sigstreamd bench inference --model examples/ecg/ecg.safetensors
        """)

    @Option(help: ArgumentHelp("The model to measure.", valueName: "file"))
    var model: String
    @Option(help: ArgumentHelp("Arithmetic.", valueName: "name"))
    var precision = Precision.float32
    @Option(help: ArgumentHelp("Windows per batch.", valueName: "windows"))
    var batch = 8
    @Option(help: ArgumentHelp("Batches at the same time, each on a core of its own.", valueName: "number"))
    var threads = 1
    @Option(help: ArgumentHelp("How long to measure.", valueName: "seconds"))
    var seconds = 4.0
    @Flag(help: "Print a JSON object.")
    var json = false

    func validate() throws {
      guard (1...4096).contains(batch), (1...1024).contains(threads), seconds > 0, seconds <= 3600 else {
        throw ValidationError("--batch must be 1 to 4096, --threads 1 to 1024, --seconds up to 3600")
      }
    }

    func run() throws {
      let packed = try PackedModel(Model.load(path: model), precision: precision)
      let result = InferenceBench(model: packed, batch: batch, threads: threads, seconds: seconds).run()
      try Bench.report(result, json: json) { String(format: "%.1f windows/s", result.windowsPerSecond) }
    }
  }

  struct Layers: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Where the time of inference goes, layer by layer, and how far that is from the core's peak.",
      discussion: """
        Example:
          sigstreamd bench layers --model examples/ecg/ecg.safetensors --precision bf16
        """)

    @Option(help: ArgumentHelp("The model to measure.", valueName: "file"))
    var model: String
    @Option(help: ArgumentHelp("Arithmetic.", valueName: "name"))
    var precision = Precision.float32
    @Option(help: ArgumentHelp("Windows to measure, one at a time.", valueName: "number"))
    var windows = 200
    @Flag(help: "Print a JSON object.")
    var json = false

    func validate() throws {
      guard (1...100_000).contains(windows) else { throw ValidationError("--windows must be 1 to 100000") }
    }

    func run() throws {
      let packed = try PackedModel(Model.load(path: model), precision: precision)
      let result = LayerBench(model: packed, windows: windows).run()
      try Bench.report(result, json: json) { LayerBenchReport.text(result) }
    }
  }

  struct Training: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Sequences per second of training.",
      discussion: """
        Example:
          sigstreamd bench training --preset base --batch 32 --threads 2
        """)

    @Option(help: ArgumentHelp("Architecture.", valueName: "name"))
    var preset = Preset.base
    @Option(help: ArgumentHelp("Sequences per step.", valueName: "sequences"))
    var batch = 32
    @Option(help: ArgumentHelp("Sequences that are run together on one core.", valueName: "sequences"))
    var microBatch = 16
    @Option(help: ArgumentHelp("Cores to use.", valueName: "number"))
    var threads = ProcessInfo.processInfo.activeProcessorCount
    @OptionGroup var arithmetic: TrainingArithmetic
    @Option(help: ArgumentHelp("Samples per sequence, a multiple of 8.", valueName: "samples"))
    var window = 1024
    @Option(help: ArgumentHelp("Steps to measure.", valueName: "number"))
    var steps = 5
    @Flag(help: "Print a JSON object.")
    var json = false

    func validate() throws {
      guard (1...4096).contains(batch), (1...4096).contains(microBatch), (1...1024).contains(threads),
        (1...10_000).contains(steps), window >= 8, window % 8 == 0, window <= 1 << 20
      else {
        throw ValidationError(
          "--batch and --micro-batch must be 1 to 4096, --threads 1 to 1024, --steps 1 to 10000, --window a multiple "
            + "of 8 up to 1048576")
      }
    }

    func run() throws {
      let bench = TrainingBench(
        preset: preset, batch: batch, microBatch: microBatch, threads: threads, arithmetic: arithmetic, window: window,
        steps: steps)
      try RecipeOptions.checkMemory(bench.architecture, window: window, bench.options)
      let result = try bench.run()
      try Bench.report(result, json: json) { String(format: "%.1f sequences/s", result.sequencesPerSecond) }
    }
  }

  private static func report(_ result: some Encodable, json: Bool, text: () -> String) throws {
    try StandardOutput.write(json ? try JSONText.encode(result) : text())
  }
}

extension Preset: ExpressibleByArgument {}
extension Precision: ExpressibleByArgument {}
