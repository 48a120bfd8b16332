import ArgumentParser
import Classifier
import Foundation
import StreamIO
import Testing

@testable import sigstreamd

/// `model export`: the file, and what other programs make of it.
struct ModelExportTests {
  private let folder: DatasetFolder

  init() throws {
    folder = try DatasetFolder()
  }

  private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

  private func export(_ model: String, _ output: String, _ more: String...) throws {
    try ModelCommand.Export.parse([path(model), path(output)] + more).run()
  }

  /// A model, its input scaling, and how it is exported.
  private struct Scenario {
    let file: String
    var normalisation: InputSpecification.Normalisation?
    let options: [String]
  }

  private static let repository = (0..<4).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
  private static let goldens = "Tests/ClassifierTests/Goldens"
  private static let separable = "separable"
  private static let scenarios = [
    Scenario(file: "\(goldens)/tiny", options: []),
    Scenario(file: "\(goldens)/tiny", normalisation: .window, options: ["--batch", "1", "--opset", "20"]),
    Scenario(file: "\(goldens)/tiny3", options: ["--opset", "18"]),
    Scenario(file: "\(goldens)/tiny3", options: ["--batch", "4"]),
    Scenario(file: "\(goldens)/tiny3", normalisation: .window, options: ["--opset", "23"]),
    Scenario(file: "examples/ecg/ecg", options: ["--batch", "8"]),
    Scenario(file: separable, options: []),
  ]

  @Test(.enabled(if: PythonScript.interpreter != nil, PythonScript.absence), .timeLimit(.minutes(5)))
  func onnxRuntimeAgreesForEveryScalingBatchAndOpset() async throws {
    var folders: [String] = []
    for (index, scenario) in Self.scenarios.enumerated() {
      folders.append(path("\(index)"))
      try write(scenario, to: folders[index])
    }
    let outcome = try await PythonScript.run("onnx/check_onnx.py", folders)
    #expect(outcome.code == 0, "\(outcome.output)")
  }

  /// Exports the scenario's model, and writes eight windows with what the model says of them.
  private func write(_ scenario: Scenario, to folder: String) throws {
    var file = Self.repository.appending(path: "\(scenario.file).safetensors").path
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    if scenario.file == Self.separable {
      file = "\(folder)/separable.safetensors"
      _ = try Self.separableModel().save(path: file)
    }
    var model = try Model.load(path: file)
    if let normalisation = scenario.normalisation {
      file = "\(folder)/m.safetensors"
      model.input.normalisation = normalisation
      model = try model.save(path: file)
    }
    try ModelCommand.Export.parse([file, "\(folder)/model.onnx"] + scenario.options).run()

    let signals = Self.signals(model)
    let (channels, length) = (model.architecture.inputChannels, model.input.window)
    let frames = signals.map { signal in (0..<length * channels).map { signal[$0 % channels * length + $0 / channels] }
    }
    let predictions = Predictor(model: model).predict(frames)
    func save(_ name: String, _ shape: [Int], _ numbers: [Float]) throws {
      try NumPyArray(shape: [signals.count] + shape, floats: numbers).write(path: "\(folder)/\(name).npy")
    }
    try save("windows", [channels, length], signals.flatMap { $0 })
    try save("logits", [model.architecture.classes], predictions.logits)
    try save("embeddings", [model.architecture.dim], predictions.embeddings)
  }

  private static func separableModel() -> Model {
    var architecture = Preset.tiny.architecture(inputChannels: 2, classes: 3)
    architecture.convolution = .separable
    let input = InputSpecification(sampleRate: 0, window: 64, normalisation: .none)
    return Model(architecture: architecture, labels: ["a", "b", "c"], input: input, seed: 1)
  }

  /// Eight windows `[C, L]` of noise about where the model's scaling expects it. One that is scaled window by window may
  /// lie anywhere: counts of a 12-bit converter, and two flat lines, which scale to 0.
  private static func signals(_ model: Model) -> [[Float]] {
    let input = model.input
    var generator = SplitMix64(seed: 1)
    return (0..<8).map { n in
      (0..<model.architecture.inputChannels).flatMap { channel in
        let (offset, scale): (Float, Float) =
          switch input.normalisation {
          case .none: (0, 1)
          case .fixed: (input.mean[channel], input.std[channel])
          case .window: [(0, 1), (2000, 30), (0.1, 0), (-4000.3, 0)][n % 4]
          }
        return (0..<input.window).map { _ in offset + scale * Float(4 * generator.uniform() - 2) }
      }
    }
  }

  @Test func theSameModelGivesTheSameBytes() throws {
    _ = try folder.model()
    try export("m.safetensors", "a.onnx")
    try export("m.safetensors", "b.onnx")
    let bytes = try FileBytes.read(path: path("a.onnx"))
    #expect(try FileBytes.read(path: path("b.onnx")) == bytes)
    // Float32 weights, and not many more bytes than they need.
    let parameters = Preset.tiny.architecture(inputChannels: 1, classes: 2).parameterCount
    #expect(bytes.count > 4 * parameters && bytes.count < 5 * parameters)
  }

  @Test func anOutputThatCannotBeWrittenIsRefused() throws {
    _ = try folder.model()
    expectFailure("is given for two files") { try export("m.safetensors", "m.safetensors") }
    expectFailure("make its folder first") { try export("m.safetensors", "none/m.onnx") }
    expectFailure("no such model file") { try export("none.safetensors", "m.onnx") }
    #expect(!FileManager.default.fileExists(atPath: path("m.onnx")))
  }

  @Test func anEightBitModelIsRefused() throws {
    _ = try folder.model()
    let recording = try folder.array("r.npy", shape: [320], (0..<320).map { Float($0 % 9) })
    try ModelCommand.Quantize.parse([path("m.safetensors"), path("m8.safetensors"), "--calibrate", recording]).run()
    expectFailure("m8.safetensors: is an 8-bit model: export the float32 one") {
      try export("m8.safetensors", "m.onnx")
    }
  }

  @Test(arguments: [
    (["--opset", "16"], "--opset must be 17 to 23, not 16"),
    (["--opset", "99"], "--opset must be 17 to 23, not 99"),
    (["--batch", "0"], "write a number of windows, 1 to 65536, or 'dynamic'"),
    (["--batch", "many"], "write a number of windows, 1 to 65536, or 'dynamic'"),
  ])
  func settingsThatNoEngineTakesAreUsageErrors(arguments: [String], part: String) {
    expectFailure(part) { _ = try ModelCommand.Export.parse(["m", "m.onnx"] + arguments) }
  }
}
