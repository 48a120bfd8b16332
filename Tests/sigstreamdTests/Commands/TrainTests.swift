import ArgumentParser
import Classifier
import Foundation
import StreamIO
import Testing

@testable import sigstreamd

/// `train`, `evaluate` and `model inspect` in process, on data of a test's own.
struct TrainTests {
  private let folder: DatasetFolder

  init() throws {
    folder = try DatasetFolder()
  }

  private func path(_ name: String) -> String { "\(folder.path)/\(name)" }

  /// Trains the tiny network and returns the checkpoint's path.
  @discardableResult
  private func train(
    _ arguments: String..., model: String = "m.safetensors", preset: Bool = true
  ) throws -> String {
    let (signals, labels) = try folder.sines()
    let files = arguments.contains("--signals") ? [] : ["--signals", signals, "--labels", labels]
    let tiny = preset ? ["--preset", "tiny"] : []
    try Train.parse(files + tiny + ["--model", path(model)] + arguments).run()
    return path(model)
  }

  private func bytes(_ path: String) throws -> Data { try Data(contentsOf: URL(filePath: path)) }

  @Test func whatWasTrainedIsMeasuredClassifiedAndInspected() throws {
    let model = try train(
      "--epochs", "12", "--batch", "8", "--micro-batch", "8", "--learning-rate", "3e-3", "--sample-rate", "50", "--log",
      path("log"))
    let (signals, labels) = try folder.sines()
    let loaded = try Model.load(path: model)
    #expect(loaded.labels == ["3", "5"])
    #expect((loaded.input.window, loaded.input.sampleRate) == (32, 50))
    #expect(loaded.novelty != nil)
    // 24 windows, of which 2 are held out: 3 steps of 8, 12 times.
    #expect(try String(contentsOfFile: path("log"), encoding: .utf8).split(separator: "\n").count == 36)
    try Evaluate.parse(["--model", model, "--signals", signals, "--labels", labels, "--json"]).run()
    try Classify.parse(["--model", model, "--windows", signals, "--logits", path("z.npy"), "--threads", "2"]).run()
    let logits = try NumPyArray.read(path: path("z.npy"))
    #expect(logits.shape == [24, 2])
    let predicted = (0..<24).map { logits.floats()[2 * $0] > logits.floats()[2 * $0 + 1] ? 0 : 1 }
    let hits = (0..<24).count { predicted[$0] == $0 % 2 }
    #expect(hits >= 20, "slow and fast sines are easy to tell apart, got \(hits) of 24")
    try ModelCommand.Inspect.parse([model, "--json"]).run()
    try ModelCommand.Inspect.parse([model]).run()
  }

  @Test func theSameSeedGivesTheSameBytesForAnyThreads() throws {
    let options = ["--epochs", "2", "--batch", "12", "--micro-batch", "3"]
    func trained(_ name: String, _ more: String...) throws -> Data {
      let (signals, labels) = try folder.sines()
      let files = ["--signals", signals, "--labels", labels, "--preset", "tiny", "--model", path(name)]
      try Train.parse(files + options + more).run()
      return try bytes(path(name))
    }
    let one = try trained("a", "--threads", "1")
    #expect(try trained("b", "--threads", "2") == one)
    #expect(try trained("c", "--threads", "2", "--seed", "2") != one)
    #expect(try trained("d", "--threads", "2", "--no-shuffle") != one)
  }

  @Test func theRecipeIsAppliedAndRecorded() throws {
    let file = try folder.write("augmentation.yaml", "gaussianNoise: { probability: 0.5 }\nmixup: { probability: 0.5 }")
    let options = ["--epochs", "2", "--sampling", "balanced", "--ema", "0.9", "--patience", "1", "--metric", "loss"]
    func trained(_ name: String, _ more: [String]) throws -> Model {
      let (signals, labels) = try folder.sines()
      let files = ["--signals", signals, "--labels", labels, "--preset", "tiny", "--model", path(name)]
      try Train.parse(files + options + more).run()
      return try Model.load(path: path(name))
    }
    let (one, two) = try (
      trained("a", ["--augmentation", file, "--threads", "1"]),
      trained("b", ["--augmentation", file, "--threads", "2"])
    )
    #expect(one.identity == two.identity)
    let record = try #require(ModelInspection(one).training?.augmentation)
    #expect(record.gaussianNoise == GaussianNoise(probability: 0.5) && record.mixup == Mixup(probability: 0.5))
    let plain = try trained("c", [])
    #expect(plain.identity != one.identity)
    #expect(ModelInspection(plain).training?.augmentation == nil)
  }

  @Test func anAugmentationThatCanNotBeAppliedIsRefusedBeforeTraining() throws {
    let hum = try folder.write("hum.yaml", "mainsHum: { probability: 0.5 }")
    expectFailure("mainsHum needs the sample rate, which the data do not tell") { try train("--augmentation", hum) }
    expectFailure("mainsHum at 60.0 Hz needs more than 120.0 samples a second, the data have 100.0") {
      try train("--augmentation", hum, "--sample-rate", "100")
    }
    try train("--augmentation", hum, "--sample-rate", "150", "--epochs", "1")
    expectFailure("none.yaml: no such file") { try train("--augmentation", path("none.yaml")) }
    expectFailure("is given for two files") { try train("--augmentation", path("m.safetensors")) }
  }

  /// The loss of each step, as `--log` has it.
  private func losses(_ log: String) throws -> [Double] {
    try String(contentsOfFile: log, encoding: .utf8).split(separator: "\n").map { line in
      let object = try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Double]
      return try #require(object?["loss"])
    }
  }

  @Test func initialWeightsAreTrainedOn() throws {
    let first = try train(
      "--epochs", "12", "--batch", "12", "--learning-rate", "3e-3", "--dropout", "0", "--log", path("first"))
    let before = try Model.load(path: first)
    try train(
      "--init", first, "--epochs", "1", "--batch", "12", "--dropout", "0", "--log", path("second"),
      model: "n.safetensors", preset: false)
    let after = try Model.load(path: path("n.safetensors"))
    #expect((after.architecture, after.labels) == (before.architecture, before.labels))
    #expect(after.identity != before.identity)
    let (fresh, continued) = (try losses(path("first"))[0], try losses(path("second"))[0])
    #expect(continued < fresh / 2, "training goes on where it was, not from random weights")
    // A checkpoint may be trained on in its place.
    try train("--init", first, "--epochs", "1", preset: false)
    #expect(try Model.load(path: first).identity != before.identity)
  }

  /// One of NumPy windows knows neither; what goes on from it on recordings is served samples like theirs.
  @Test func theFiltersAndTheRateThatAnInitialModelDoesNotKnowAreTheDatasets() throws {
    _ = try folder.model("start.safetensors", labels: ["N", "V"])
    for (name, step) in [("a", 3), ("b", 5)] {
      try folder.record(
        name, samples: (0..<128).map { Int16($0 * $0 * step % 97) },
        annotations: [(10, 1), (40, 5), (70, 1), (100, 5)])
    }
    let dataset = try folder.write(
      "set.yaml",
      """
      recordings: [ "*.hea" ]
      filters: [ { highpass: 2Hz } ]
      labels: { classes: { N: [ N ], V: [ V ] } }
      windows: { length: 32, hop: 32 }
      """)
    let arguments = ["--dataset", dataset, "--no-cache", "--epochs", "1", "--init", path("start.safetensors")]
    try Train.parse(arguments + ["--model", path("n.safetensors")]).run()
    let model = try Model.load(path: path("n.safetensors"))
    #expect(model.input.filters == "[ { highpass: 2Hz, order: 2 } ]")
    #expect(model.input.sampleRate == 100)
    let served = try RecordingOptions.parse([]).windows(of: path("a"), for: model, hop: 32).0
    let trained = try Dataset.load(dataset).training
    #expect(served.samples(0..<4).samples == trained.subset([0, 1, 2, 3]).samples, "the same to the bit")
  }

  @Test func initialWeightsOfOtherShapesAreRefused() throws {
    let first = try train("--epochs", "1")
    expectFailure("With --init the architecture") { try train("--init", first) }
    expectFailure("With --init the architecture") { try train("--init", first, "--sample-rate", "5", preset: false) }
    let (_, labels) = try folder.sines()
    let wide = try folder.array("wide.npy", shape: [24, 2, 32], [Float](repeating: 1, count: 24 * 64))
    expectFailure("wide.npy: has 2 channels, the model takes 1") {
      try train("--signals", wide, "--labels", labels, "--init", first, preset: false)
    }
    let (signals, _) = try folder.sines()
    let other = try folder.array("other.npy", shape: [24], (0..<24).map { Float($0 % 3) })
    expectFailure("other.npy: holds the class 0, the model has 3, 5: use these") {
      try train("--signals", signals, "--labels", other, "--init", first, preset: false)
    }
    expectFailure("m.safetensors: has other classes, channels or windows than the data (synthetic") {
      try Train.parse(["--synthetic", "--init", first, "--model", path("n")]).run()
    }
    expectFailure("x.npy: is not a safetensors file") { try train("--init", signals, model: "n", preset: false) }
    #expect(!FileManager.default.fileExists(atPath: path("n")))
  }

  @Test func severalChannelsAreTrainedWithTheirOwnScaling() throws {
    let (_, labels) = try folder.sines()
    // Channel 0 is constant; channel 1 has the mean 10 and the deviation 2.
    let numbers = (0..<24).flatMap { _ in
      [Float](repeating: 4, count: 32) + (0..<32).map { $0 % 2 == 0 ? Float(8) : 12 }
    }
    let signals = try folder.array("two.npy", shape: [24, 2, 32], numbers)
    let model = try train(
      "--signals", signals, "--labels", labels, "--epochs", "1", "--normalisation", "fixed", "--validation", "0")
    let input = try Model.load(path: model).input
    #expect((input.mean, input.std) == ([4, 10], [1, 2]))
    #expect(input.normalisation == .fixed)
  }

  @Test func twoWindowsAreEnough() throws {
    let signals = try folder.array("two.npy", shape: [2, 8], (0..<16).map { Float($0 % 5) })
    let labels = try folder.array("two-y.npy", shape: [2], [0, 1])
    let model = try Model.load(path: train("--signals", signals, "--labels", labels, "--epochs", "1"))
    #expect(model.novelty?.calibrationCount == 0)
  }

  @Test func dataThatMakeNoModelAreRefused() throws {
    let (signals, labels) = try folder.sines()
    let same = try folder.array("same.npy", shape: [24], [Float](repeating: 7, count: 24))
    expectFailure("all windows to train on are of the class 7: a model needs two classes") {
      try train("--signals", signals, "--labels", same)
    }
    let length = (1 << 20) + 8
    let long = try folder.array("long.npy", shape: [2, length], [Float](repeating: 1, count: 2 * length))
    let two = try folder.array("two.npy", shape: [2], [0, 1])
    expectFailure("window must be a multiple of 8 from 8 to 1048576, not 1048584") {
      try train("--signals", long, "--labels", two)
    }
    expectFailure("labels.npy: can't be opened (No such file or directory)") {
      try train("--signals", signals, "--labels", path("labels.npy"))
    }
    expectFailure("not a regular file") { try train("--signals", folder.path, "--labels", labels) }
    try bytes(signals).prefix(600).write(to: URL(filePath: path("cut.npy")))
    expectFailure("cut.npy: holds ") { try train("--signals", path("cut.npy"), "--labels", labels) }
    #expect(!FileManager.default.fileExists(atPath: path("m.safetensors")))
  }

  @Test func outputsAreCheckedBeforeTraining() throws {
    let (signals, labels) = try folder.sines()
    let before = try bytes(signals)
    let log = path("log")
    expectFailure("make its folder first") { try train("--log", log, model: "none/m.safetensors") }
    expectFailure("is given for two files") { try train(model: "x.npy") }
    expectFailure("is given for two files") { try train("--log", labels) }
    expectFailure("is given for two files") { try train("--log", path("m.safetensors")) }
    expectFailure("make its folder first") { try train("--log", path("none/log")) }
    #expect(try bytes(signals) == before)
    #expect(!FileManager.default.fileExists(atPath: log))
    #expect(!FileManager.default.fileExists(atPath: path("m.safetensors")))
  }

  @Test(arguments: [
    ([], "Give --signals and --labels, or --dataset, or --synthetic"),
    (["--synthetic", "--dataset", "d"], "Give --signals and --labels, or --dataset, or --synthetic"),
    (["--signals", "x"], "--signals and --labels go together"),
    (["--signals", "x", "--labels", "y", "--dataset", "d"], "or --dataset, not both"),
    (["--synthetic", "--validation", "1"], "--validation must be 0 or more and less than 1"),
    (["--synthetic", "--validation", "nan"], "--validation must be"),
    (["--signals", "x", "--labels", "y", "--sample-rate", "inf"], "--sample-rate must be positive"),
    (["--synthetic", "--sample-rate", "5"], "--sample-rate goes with --signals"),
    (["--synthetic", "--normalisation", "some"], "'some' is invalid"),
    (["--synthetic", "--epochs", "0"], "--epochs must be 1 to 1000000"),
  ])
  func optionsThatDoNotGoTogetherAreUsageErrors(arguments: [String], part: String) throws {
    expectFailure(part) { _ = try Train.parse(["--model", "m"] + arguments) }
  }

  @Test func theModelHasToBeNamed() {
    expectFailure("--model <file>") { _ = try Train.parse(["--synthetic"]) }
  }
}

struct EvaluateTests {
  @Test func whatItNeedsIsToldByTheParser() {
    expectFailure("Give --signals and --labels, or --dataset") { _ = try Evaluate.parse(["--model", "m"]) }
    expectFailure("'all' is invalid") {
      _ = try Evaluate.parse(["--model", "m", "--dataset", "d", "--split", "all"])
    }
    expectFailure("--threads must be 1 to 1024") {
      _ = try Evaluate.parse(["--model", "m", "--dataset", "d", "--threads", "0"])
    }
  }

  @Test func modelsThatAreNoneAreRefused() throws {
    let folder = try DatasetFolder()
    let (signals, labels) = try folder.sines()
    func evaluate(_ model: String) throws {
      try Evaluate.parse(["--model", model, "--signals", signals, "--labels", labels]).run()
    }
    expectFailure("no such model file") { try evaluate("\(folder.path)/none") }
    expectFailure("check that it is a file") { try evaluate(folder.path) }
    expectFailure("is not a safetensors file") { try evaluate(signals) }
    _ = try folder.model()
    let whole = try Data(contentsOf: URL(filePath: "\(folder.path)/m.safetensors"))
    let cut = try folder.write("cut.safetensors", [UInt8](whole.prefix(whole.count - 4)))
    expectFailure("cut.safetensors: ") { try evaluate(cut) }
  }
}

struct BenchTests {
  @Test func inferenceAndTrainingAreMeasured() throws {
    let folder = try DatasetFolder()
    let inference = InferenceBench(model: try PackedModel(folder.model()), batch: 3, threads: 2, seconds: 0.01).run()
    #expect(inference.windowsPerSecond > 0)
    #expect(inference.windows >= 6 && inference.windows % 3 == 0)
    #expect(inference.windowSamples == 32)
    let training = try TrainingBench(
      preset: .tiny, batch: 4, microBatch: 2, threads: 2, arithmetic: TrainingArithmetic.parse([]), window: 32, steps: 2
    ).run()
    #expect(training.sequencesPerSecond > 0)
    #expect(training.steps == 2)
  }

  @Test func theJSONHasTheKeysThatScriptsRead() throws {
    let folder = try DatasetFolder()
    let result = InferenceBench(model: try PackedModel(folder.model()), batch: 1, threads: 1, seconds: 0.01).run()
    let object = try #require(
      try JSONSerialization.jsonObject(with: Data(JSONText.encode(result).utf8)) as? [String: Any])
    #expect(
      Set(object.keys) == [
        "windowsPerSecond", "windows", "seconds", "processorSeconds", "batch", "threads", "precision", "windowSamples",
      ])
  }

  @Test(arguments: [
    ["inference", "--model", "m", "--batch", "0"], ["inference", "--model", "m", "--seconds", "nan"],
    ["training", "--window", "12"], ["training", "--steps", "0"], ["training", "--precision", "int4"],
  ])
  func whatIsOutOfBoundsIsRefused(arguments: [String]) {
    expectFailure("see 'sigstreamd") { _ = try Bench.parseAsRoot(arguments) }
  }
}
