import ArgumentParser
import Classifier
import Foundation
import StreamIO

extension ModelCommand {
  /// `sigstreamd model quantize`: an 8-bit model from a float32 one.
  struct Quantize: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Make an 8-bit model, a quarter of the size, for precision int8.",
      discussion: """
        Weights are rounded to 8 bits with a scale for each output; the ranges of what the layers get are found on \
        windows of the recordings given with --calibrate, which should be like those that will be served: a few minutes \
        suffice. No training and no labels are needed; with labelled data (--dataset, or --signals and --labels) the \
        report says what the accuracy was before and after, class by class.

        Examples:
          sigstreamd model quantize m.safetensors m8.safetensors --calibrate data/100 data/101
          sigstreamd model quantize m.safetensors --calibrate data/* m8.safetensors --dataset set.yaml
        """)

    @Argument(help: ArgumentHelp("The model.", valueName: "file"))
    var model: String
    @Argument(
      help: ArgumentHelp(
        "The 8-bit model to write; behind the recordings its name has to end in .safetensors.", valueName: "output"))
    var output: String?
    @Option(
      parsing: .upToNextOption,
      help: ArgumentHelp("Recordings to calibrate on.", valueName: "recordings"))
    var calibrate: [String]
    @OptionGroup(title: "Recordings") var cutting: RecordingOptions
    @OptionGroup(title: "Data to measure on") var source: DataOptions
    @Option(help: ArgumentHelp("Part of the dataset to measure.", valueName: "part"))
    var split = DatasetPart.test
    @Option(help: ArgumentHelp("Cores to use for measuring.", valueName: "number"))
    var threads = ProcessInfo.processInfo.activeProcessorCount
    @Flag(help: "Print a JSON object.")
    var json = false

    mutating func validate() throws {
      if output == nil, calibrate.last?.hasSuffix(".safetensors") == true { output = calibrate.removeLast() }
      guard output != nil else {
        throw ValidationError("Name the file to write at the end: --calibrate RECORDINGS m8.safetensors.")
      }
      guard !calibrate.isEmpty else { throw ValidationError("Give recordings with --calibrate.") }
      guard (1...1024).contains(threads) else { throw ValidationError("--threads must be 1 to 1024.") }
      try source.validatePairs()
    }

    func run() throws {
      guard let output else { preconditionFailure("checked by validate()") }
      let recordings = calibrate.map { FilePath.splitMember($0).file }
      let file = try OutputFile(output, inputs: [model] + source.files + recordings)
      let exact = try Model.load(path: model)
      guard exact.quantisation == nil else {
        throw CommandFailure("\(model): is an 8-bit model already: name the float32 one", exitCode: .data)
      }
      try exact.checkIsSingle(path: model, "only a single one is made 8-bit, serve it as float32 or bf16")
      let windows = try calibrationWindows(for: exact)
      let test = source.isGiven ? try source.evaluationWindows(for: exact, part: split) : nil
      let quantised = Quantiser.quantise(exact, windows: windows)
      let saved = try file.write { try quantised.save(path: $0) }
      let report = try QuantisationReport(
        exact, saved, path: file.path, windows: windows, test: test, threads: threads)
      try StandardOutput.write(json ? try JSONText.encode(report) : report.text)
    }

    /// Windows that do not overlap, spread evenly over all recordings.
    private func calibrationWindows(for model: Model) throws -> [[Float]] {
      let hop = cutting.hop ?? model.input.window
      let all = try calibrate.flatMap { path in
        let windows = try cutting.windows(of: path, for: model, hop: hop).0
        return windows.windows.indices.map { (windows, $0) }
      }
      let step = max(1, (all.count + Self.mostWindows - 1) / Self.mostWindows)
      return stride(from: 0, to: all.count, by: step).map { all[$0].0.samples(all[$0].1..<all[$0].1 + 1).samples }
    }

    /// More make the ranges no better, and take time.
    private static let mostWindows = 256
  }
}
