import ArgumentParser
import Classifier
import Foundation
import StreamIO

/// `sigstreamd classify`: a model's answer for windows or a recording, without a daemon.
struct Classify: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Classify windows of a NumPy file, or a whole recording.",
    discussion: """
      A recording is cut into sliding windows as the daemon would, and gives a line of JSON for each window, as on the \
      wire. Windows in a NumPy file give arrays: for scripts and checks.

      Examples:
        sigstreamd classify --model m.safetensors examples/ecg/119 > results.jsonl
        sigstreamd classify --model m.safetensors --windows w.npy --logits out.npy
      """)

  @Option(help: ArgumentHelp("The model.", valueName: "file"))
  var model: String
  @Argument(help: ArgumentHelp("A recording: data/119 (WFDB), x.edf, x.npy, ….", valueName: "recording"))
  var recording: String?
  @OptionGroup(title: "Windows") var arrays: WindowArrayOptions
  @OptionGroup(title: "Recording") var cutting: RecordingOptions
  @Option(help: ArgumentHelp("Arithmetic.", valueName: "name"))
  var precision = Precision.float32
  @Option(help: ArgumentHelp("Cores to use.", valueName: "number"))
  var threads = ProcessInfo.processInfo.activeProcessorCount

  func validate() throws {
    guard (recording != nil) != (arrays.windows != nil) else {
      throw ValidationError("Give a recording, or --windows and --logits.")
    }
    guard (arrays.windows != nil) == (arrays.logits != nil) else {
      throw ValidationError("--windows and --logits go together.")
    }
    guard arrays.windows != nil || (arrays.embeddings == nil && arrays.valid == nil) else {
      throw ValidationError("--embeddings and --valid go with --windows.")
    }
    guard (1...1024).contains(threads) else { throw ValidationError("--threads must be 1 to 1024.") }
  }

  func run() throws {
    let model = try PackedModel(Model.load(path: self.model), precision: precision)
    if let recording {
      try cutting.classify(recording, model: model, threads: threads) {
        try StandardOutput.write(String(decoding: $0.encode(), as: UTF8.self))
      }
    } else {
      try arrays.classify(model: model, threads: threads)
    }
  }
}

/// Windows in, logits and embeddings out, all as `.npy`.
struct WindowArrayOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp("N windows of L samples, (N, L), or of C channels, (N, C, L), as .npy.", valueName: "file"))
  var windows: String?
  @Option(help: ArgumentHelp("Write the logits (N, K) here, K classes.", valueName: "file"))
  var logits: String?
  @Option(help: ArgumentHelp("Write the embeddings (N, D) here, D the model's width.", valueName: "file"))
  var embeddings: String?
  @Option(help: ArgumentHelp("Samples of each window that are not padding, (N,), as .npy.", valueName: "file"))
  var valid: String?

  func classify(model packed: PackedModel, threads: Int) throws {
    let model = packed.model
    guard let windows, let logits else { preconditionFailure("checked when the options were read") }
    let logitsFile = try OutputFile(logits, inputs: [windows, valid])
    let embeddingsFile = try embeddings.map { try OutputFile($0, inputs: [windows, valid, logits]) }
    let file = try SignalFile(path: windows, window: model.input.window)
    guard file.channels == model.architecture.inputChannels else {
      throw FileError(
        path: windows, message: "has \(file.channels) channels, the model takes \(model.architecture.inputChannels)")
    }
    let set = file.labelled(
      Array(repeating: 0, count: file.count), valid: try valid.map { try Self.validSamples($0, file) })
    let outputs = BatchEvaluation(packed, set, threads: threads)
    let logitsArray = NumPyArray(shape: [file.count, model.architecture.classes], floats: outputs.logits)
    try logitsFile.write { try logitsArray.write(path: $0) }
    let embeddingsArray = NumPyArray(shape: [file.count, model.architecture.dim], floats: outputs.embeddings)
    try embeddingsFile?.write { try embeddingsArray.write(path: $0) }
  }

  private static func validSamples(_ path: String, _ file: SignalFile) throws(FileError) -> [Int] {
    let values = try LabelFile(path: path, count: file.count).values
    guard let wrong = values.first(where: { !(1...file.windowSamples).contains($0) }) else { return values }
    throw FileError(path: path, message: "holds \(wrong): write samples per window, 1 to \(file.windowSamples)")
  }
}
