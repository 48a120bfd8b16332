import ArgumentParser
import Classifier
import Testing

@testable import sigstreamd

struct RecipeOptionsTests {
  private let windows = LabelledWindows(
    samples: [Float](repeating: 0, count: 32), windowSamples: 8, channels: 1, labels: [0, 0, 0, 1])

  @Test func theDefaultsAreThePublishedRecipe() throws {
    let options = try RecipeOptions.parse([]).options(for: windows, classes: 2)
    #expect((options.epochs, options.batch, options.microBatch) == (5, 4, 16), "a batch is at most all windows")
    #expect((options.learningRate, options.minimumLearningRate, options.weightDecay) == (3e-4, 0, 0.01))
    #expect((options.clip, options.dropout, options.seed, options.shuffle) == (1, 0.1, 1, true))
    #expect(options.warmupSteps == nil)
    #expect(options.loss.classWeights.isEmpty)
    #expect((options.sampling, options.metric) == (.natural, .macroF1))
    #expect(options.averageDecay == nil && options.patience == nil && !options.augmentation.isActive)
  }

  @Test func everyOptionArrives() throws {
    let arguments =
      "--epochs 2 --batch 3 --micro-batch 1 --learning-rate 1e-3 --min-learning-rate 1e-5 --warmup 0 "
      + "--weight-decay 0 --clip 2 --loss focal --gamma 3 --class-weights balanced --label-smoothing 0.1 --dropout 0 "
      + "--seed 9 --threads 3 --no-shuffle --ema 0.99 --metric loss --patience 4"
    let options = try RecipeOptions.parse(arguments.split(separator: " ").map(String.init))
      .options(for: windows, classes: 2)
    #expect((options.epochs, options.batch, options.microBatch, options.threads) == (2, 3, 1, 3))
    #expect((options.learningRate, options.minimumLearningRate, options.warmupSteps) == (1e-3, 1e-5, 0))
    #expect((options.weightDecay, options.clip, options.dropout, options.seed) == (0, 2, 0, 9))
    #expect(!options.shuffle)
    #expect((options.averageDecay, options.metric, options.patience) == (0.99, .loss, 4))
    #expect(
      try RecipeOptions.parse(["--sampling", "square-root"]).options(for: windows, classes: 2).sampling == .squareRoot)
    guard case .focal(let gamma) = options.loss.kind else { return #expect(Bool(false), "not the focal loss") }
    #expect((gamma, options.loss.labelSmoothing) == (3, 0.1))
    #expect(options.loss.classWeights == [4.0 / 6, 2])
  }

  @Test(arguments: [
    ["--epochs", "0"], ["--epochs", "9223372036854775807"], ["--batch", "0"], ["--batch", "65537"],
    ["--micro-batch", "0"], ["--learning-rate", "0"], ["--learning-rate", "nan"], ["--learning-rate", "inf"],
    ["--min-learning-rate", "1"], ["--min-learning-rate=-1"], ["--warmup=-1"], ["--weight-decay=-1"],
    ["--weight-decay", "nan"], ["--clip", "0"], ["--clip", "nan"], ["--gamma=-1"], ["--gamma", "inf"],
    ["--label-smoothing", "1"], ["--dropout", "1"], ["--dropout=-0.1"], ["--threads", "0"], ["--threads", "1025"],
    ["--ema", "1"], ["--ema=-0.1"], ["--ema", "nan"], ["--patience", "0"],
  ])
  func whatIsOutOfBoundsIsNamed(arguments: [String]) throws {
    let option = try #require(arguments[0].split(separator: "=").first)
    expectFailure("\(option) must be ") { _ = try RecipeOptions.parse(arguments) }
  }

  @Test(arguments: [
    ("--sampling balanced --class-weights balanced", "would balance the classes twice"),
    ("--sampling square-root --no-shuffle", "--no-shuffle goes with --sampling natural"),
    ("--sampling even", "'even' is invalid"), ("--metric f1", "'f1' is invalid"),
  ])
  func whatDoesNotGoTogetherIsRefused(arguments: String, part: String) {
    expectFailure(part) { _ = try RecipeOptions.parse(arguments.split(separator: " ").map(String.init)) }
  }

  @Test func balancedWeightsGiveEachClassTheSameSum() {
    // N = 8, K = 2: 8 / (2 · 6) and 8 / (2 · 2).
    let labels = [0, 0, 0, 0, 0, 0, 1, 1]
    #expect(RecipeOptions.balancedWeights(labels, classes: 2) == [8.0 / 12, 2])
    #expect(RecipeOptions.balancedWeights(labels, classes: 3) == [8.0 / 18, 8.0 / 6, 0])
  }

  @Test func trainingBeyondTheMachinesMemoryIsRefusedBeforeItBegins() throws {
    var architecture = Preset.tiny.architecture(inputChannels: 1, classes: 2)
    let options = try RecipeOptions.parse([]).options(for: windows, classes: 2)
    try RecipeOptions.checkMemory(architecture, window: 32, options)
    (architecture.dim, architecture.heads, architecture.feedForward, architecture.layers) = (4096, 2, 65_536, 128)
    expectFailure("GB: make --batch, --micro-batch, --threads, the windows or the model smaller") {
      try RecipeOptions.checkMemory(architecture, window: 32, options)
    }
  }
}

struct ArchitectureOptionsTests {
  private func architecture(_ arguments: String) throws -> Architecture {
    try ArchitectureOptions.parse(arguments.split(separator: " ").map(String.init))
      .architecture(inputChannels: 2, classes: 3)
  }

  @Test func baseIsTheDefaultAndPresetsAreTakenAsTheyAre() throws {
    #expect(try architecture("") == Preset.base.architecture(inputChannels: 2, classes: 3))
    #expect(try architecture("--preset large") == Preset.large.architecture(inputChannels: 2, classes: 3))
    #expect(try !ArchitectureOptions.parse([]).isGiven)
    #expect(try ArchitectureOptions.parse(["--layers", "1"]).isGiven)
  }

  @Test func numbersReplaceThoseOfThePreset() throws {
    let architecture = try architecture(
      "--preset tiny --channels 4,8,12,16 --blocks 1,2,3,4 --dim 24 --heads 3 --layers 5 --feed-forward 7")
    #expect((architecture.channels, architecture.blocks) == ([4, 8, 12, 16], [1, 2, 3, 4]))
    #expect((architecture.dim, architecture.heads, architecture.layers, architecture.feedForward) == (24, 3, 5, 7))
    #expect((architecture.inputChannels, architecture.classes) == (2, 3))
    #expect(architecture.convolution == .standard)
    #expect(try self.architecture("--convolution separable").convolution == .separable)
  }

  @Test(arguments: [
    ("--channels 4,8", "channels must be four numbers"), ("--channels 4,8,12,15", "channels must be multiples of 4"),
    ("--dim 30 --heads 4", "dim must be a multiple of twice heads (4)"), ("--layers 0", "layers must be between"),
    ("--blocks 1,1,1,0", "blocks must be between"), ("--channels 4,,8,8", "'4,,8,8' is invalid"),
    ("--preset huge", "one of 'base', 'large', 'small' or 'tiny'"),
  ])
  func whatMakesNoNetworkIsRefused(arguments: String, part: String) {
    expectFailure(part) { _ = try architecture(arguments) }
  }
}
