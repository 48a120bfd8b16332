import ArgumentParser
import Classifier
import ModelExport
import StreamIO

extension ModelCommand {
  /// `sigstreamd model export`: the model for other inference engines.
  struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
      abstract: "Write a model as ONNX, for OpenVINO, ONNX Runtime and others.",
      discussion: """
        The graph takes raw samples, windows [batch, channels, samples], and gives logits, probabilities and the \
        embedding. Every sample counts: it knows no padding. Engines agree with 'sigstreamd classify --windows'.

        From opset 18 on mish is one node; opset 17 is the faster in ONNX Runtime, and in OpenVINO as fast.

        Example:
          sigstreamd model export examples/ecg/ecg.safetensors ecg.onnx
        """)

    @Argument(help: ArgumentHelp("The model.", valueName: "file"))
    var model: String
    @Argument(help: ArgumentHelp("The ONNX file to write.", valueName: "onnx"))
    var output: String
    @Option(
      help: ArgumentHelp("Windows per call; 'dynamic': any number.", valueName: "windows"),
      transform: parseBatch)
    var batch = ONNXExport.Batch.dynamic
    @Option(help: ArgumentHelp("Version of ONNX's operators, \(opsetRange).", valueName: "version"))
    var opset = ONNXExport.opsets.lowerBound

    private static let opsetRange = "\(ONNXExport.opsets.lowerBound) to \(ONNXExport.opsets.upperBound)"

    func validate() throws {
      guard ONNXExport.opsets.contains(opset) else {
        throw ValidationError("--opset must be \(Self.opsetRange), not \(opset)")
      }
    }

    func run() throws {
      let file = try OutputFile(output, inputs: [model])
      let export = ONNXExport(batch: batch, opset: opset, program: ("sigstreamd", Sigstreamd.version))
      let loaded = try Model.load(path: model)
      guard loaded.quantisation == nil else {
        throw CommandFailure(
          "\(model): is an 8-bit model: export the float32 one, other engines quantise it themselves", exitCode: .data)
      }
      try loaded.checkIsSingle(path: model, "only a single one is exported")
      let bytes: [UInt8]
      do {
        bytes = try export.encode(loaded)
      } catch {
        throw CommandFailure("\(model): \(error): export a smaller one", exitCode: .data)
      }
      try file.write { try FileBytes.writeAtomically(bytes, path: $0) }
    }
  }

  private static func parseBatch(_ text: String) throws -> ONNXExport.Batch {
    if text == "dynamic" { return .dynamic }
    guard let windows = Int(text), (1...65_536).contains(windows) else {
      throw ValidationError("write a number of windows, 1 to 65536, or 'dynamic'")
    }
    return .fixed(windows)
  }
}
