import Testing

@testable import Classifier

/// What the recipe adds to plain training: augmentation, sampling, averages, early stopping, accumulation.
@Suite struct TrainingRecipeTests {
  private static let window = 32

  /// Noise of three classes, rarer from one to the next, in two channels; some windows are padded.
  private static func set(_ count: Int, seed: Int = 1) -> LabelledWindows {
    let labels = (0..<count).map { $0 % 7 == 0 ? 2 : $0 % 3 == 0 ? 1 : 0 }
    let samples = noise(count * window * 2, seed: seed).enumerated().map { i, value in
      value + Float(labels[i / (2 * window)]) * (i / 2 % 4 == 0 ? 2 : 0)
    }
    return LabelledWindows(
      samples: samples, windowSamples: window, channels: 2, labels: labels,
      valid: (0..<count).map { $0 % 5 == 0 ? 20 : window })
  }

  private static func model(_ normalisation: InputSpecification.Normalisation = .window) -> Model {
    Model(
      architecture: Preset.tiny.architecture(inputChannels: 2, classes: 3), labels: ["a", "b", "c"],
      input: InputSpecification(sampleRate: 200, window: window, normalisation: normalisation), seed: 1)
  }

  private static func options(threads: Int = 1) -> TrainingOptions {
    var options = TrainingOptions()
    (options.epochs, options.batch, options.microBatch, options.threads) = (2, 8, 3, threads)
    return options
  }

  private static var everything: Augmentation {
    var all = Augmentation()
    all.mixup = Mixup(probability: 0.5)
    all.crop = Crop(probability: 0.5)
    all.timeWarp = TimeWarp(probability: 0.5)
    all.timeShift = TimeShift(probability: 0.5)
    all.scaling = Scaling(probability: 0.5)
    all.baselineWander = BaselineWander(probability: 0.5)
    all.mainsHum = MainsHum(probability: 0.5)
    all.gaussianNoise = GaussianNoise(probability: 0.5)
    all.pinkNoise = PinkNoise(probability: 0.5)
    all.channelDropout = ChannelDropout(probability: 0.5)
    all.cutout = Cutout(probability: 0.5)
    return all
  }

  private static func train(
    _ options: TrainingOptions, on training: LabelledWindows = set(22), validation: LabelledWindows? = nil
  ) throws -> (model: Model, epochs: [TrainingEpoch]) {
    var epochs: [TrainingEpoch] = []
    var trainer = Trainer(model: model(), options: options)
    let model = try trainer.run(training: training, validation: validation) { event in
      if case .epoch(let epoch) = event { epochs.append(epoch) }
    } shouldStop: {
      false
    }
    return (model, epochs)
  }

  @Test func theWholeRecipeGivesTheSameCheckpointForAnyThreads() throws {
    let files = try [1, 2, 3].map { threads in
      var options = Self.options(threads: threads)
      (options.augmentation, options.sampling, options.averageDecay) = (Self.everything, .balanced, 0.9)
      return try Self.train(options, validation: Self.set(9, seed: 2)).model.encode()
    }
    #expect(files[0] == files[1] && files[0] == files[2])
  }

  @Test func augmentationIsForTrainingOnlyAndAnActiveOneThatChangesNothingIsNone() throws {
    var options = Self.options()
    let plain = try Self.train(options).model
    options.augmentation.gaussianNoise = GaussianNoise(probability: 0)
    #expect(try Self.train(options).model.parameters == plain.parameters)
    options.augmentation.gaussianNoise = GaussianNoise(probability: 1)
    #expect(try Self.train(options).model.parameters != plain.parameters)
    // Measuring depends on the weights and the windows alone.
    let windows = Self.set(9, seed: 2)
    options.epochs = 1
    let (model, epochs) = try Self.train(options, validation: windows)
    #expect(epochs[0].validationLoss == BatchEvaluation(model, windows, threads: 1).loss(options.loss, windows))
  }

  @Test func eachEpochDrawsAnew() {
    let labels = Self.set(22).labels
    let epochs = (1...3).map { TrainingBatch.epoch($0, labels, Self.options()) }
    #expect(Set(epochs.map(\.order)).count == 3)
    #expect(epochs.allSatisfy { $0.order.sorted() == Array(0..<22) })
    let keys = epochs.flatMap { epoch in (0..<22).map { epoch.augmentationKey($0) } }
    #expect(
      Set(
        keys.map { key in
          var generator = key.generator; return generator.next()
        }
      ).count == 66)
    #expect(Set(epochs.flatMap { $0.parts(of: 3).map(\.dropoutSeed) }).count == 24)
  }

  @Test func sampledEpochsAreAsLongAsNaturalOnes() {
    let labels = Self.set(21).labels
    var options = Self.options()
    options.sampling = .balanced
    let order = TrainingBatch.epoch(1, labels, options).order
    #expect((0..<3).map { k in order.count { labels[$0] == k } } == [7, 7, 7])
    #expect(order.map { labels[$0] } != order.map { labels[$0] }.sorted(), "the classes are mixed")
  }

  /// The gradient of a batch in micro-batches of 3, 3 and 2 is the mean of theirs, each counting by its windows.
  @Test func gradientsAccumulateOverMicroBatches() {
    let set = Self.set(8)
    var options = Self.options()
    (options.shuffle, options.dropout) = (false, 0)
    let network = Network(Self.model().architecture)
    func gradient(_ batch: TrainingBatch) -> (values: [Double], loss: Double) {
      let runner = MicroBatches(network, input: Self.model().input, window: Self.window, options: options)
      var parameters = Self.model().parameters
      let loss = parameters.withUnsafeMutableBufferPointer { runner.run(set, batch, parameters: $0.baseAddress!).loss }
      return ((0..<network.layout.trainableCount).map { Double(runner.gradient[$0]) }, loss)
    }
    let whole = TrainingBatch.epoch(1, set.labels, options)
    let parts = whole.parts(of: 3).map(gradient)
    let (sum, loss) = gradient(whole)
    let weights = [3.0 / 8, 3.0 / 8, 2.0 / 8]
    #expect(abs(loss - zip(parts, weights).reduce(0) { $0 + $1.0.loss * $1.1 }) < 1e-6)
    let largest = sum.reduce(0) { max($0, abs($1)) }
    for i in sum.indices {
      let mean = zip(parts, weights).reduce(0) { $0 + $1.0.values[i] * $1.1 }
      #expect(abs(sum[i] - mean) < 1e-5 * largest)
    }
  }

  /// 22 micro-batches of one window: more than the gradient buffers of one thread (9) or three (17).
  @Test func longAccumulationsGiveTheSameSumForAnyThreads() throws {
    let models = try [1, 3].map { threads in
      var options = Self.options(threads: threads)
      (options.batch, options.microBatch) = (22, 1)
      return try Self.train(options).model.parameters
    }
    #expect(models[0] == models[1])
  }

  /// But for a sum that is kept for each level of the tree of sums: 7 of 100 micro-batches, 10 of 1000.
  @Test func memoryHardlyGrowsWithTheBatch() {
    var options = Self.options(threads: 2)
    func bytes(_ batch: Int) -> Int {
      options.batch = batch
      return Trainer.memoryBytes(Self.model().architecture, window: Self.window, options: options)
    }
    let gradient = Self.model().parameters.count * MemoryLayout<Float>.stride
    #expect(bytes(3 * 1000) == bytes(3 * 100) + 3 * gradient)
  }

  /// With one step an epoch, the weights of a plain run are those that the average of the other one is made of.
  @Test func theAverageIsThatOfTheStepsWeightsAndRunningStatistics() throws {
    var options = Self.options()
    (options.batch, options.epochs) = (22, 6)
    let plain = try Self.train(options).epochs.map(\.model.parameters)
    options.averageDecay = 0.4
    let (model, epochs) = try Self.train(options)
    var average = Self.model().parameters
    for (step, parameters) in plain.enumerated() {
      let decay = Float(min(0.4, Double(step + 2) / Double(step + 11)))
      average = zip(average, parameters).map { decay * $0 + (1 - decay) * $1 }
      #expect(largestDifference(average, epochs[step].model.parameters) < 1e-6)
    }
    #expect(model.parameters == epochs[5].model.parameters)
    #expect(model.batchesTracked == 6 * 8)
  }

  @Test(arguments: ValidationMetric.allCases)
  func trainingEndsWhenTheMetricGetsNoBetter(metric: ValidationMetric) throws {
    var options = Self.options()
    // So fast that it soon gets worse.
    (options.epochs, options.learningRate, options.warmupSteps) = (40, 0.05, 0)
    (options.metric, options.patience) = (metric, 3)
    let (model, epochs) = try Self.train(options, validation: Self.set(15, seed: 2))
    let scores = try epochs.map { epoch in
      let (validation, loss) = try (#require(epoch.validation), #require(epoch.validationLoss))
      let score = [.accuracy: validation.accuracy, .macroF1: validation.macroF1, .loss: -loss][metric]
      return try (#require(score), -loss)
    }
    let best = try #require(scores.indices.max { scores[$0] < scores[$1] })
    #expect(epochs.count == best + 1 + 3, "three epochs after the best one")
    #expect(epochs.map(\.endsEarly) == epochs.indices.map { $0 == epochs.count - 1 })
    #expect(model.parameters == epochs[best].model.parameters)
  }

  @Test func withoutAValidationSetPatienceMeansNothing() throws {
    var options = Self.options()
    options.patience = 1
    let epochs = try Self.train(options).epochs
    #expect(epochs.count == 2 && epochs.allSatisfy { $0.isBest && !$0.endsEarly })
  }
}

/// Training that meets numbers beyond all bounds.
@Suite struct TrainingDivergenceTests {
  private static let window = 16

  private static func set(spoilt: Int? = nil) -> LabelledWindows {
    var samples = noise(12 * window)
    if let spoilt { samples[spoilt * window + 3] = 3e38 }
    return LabelledWindows(
      samples: samples, windowSamples: window, channels: 1, labels: (0..<12).map { $0 % 2 })
  }

  private static func model() -> Model {
    Model(
      architecture: Preset.tiny.architecture(inputChannels: 1, classes: 2), labels: ["a", "b"],
      input: InputSpecification(sampleRate: 0, window: window, normalisation: .none), seed: 1)
  }

  private func divergence(_ model: Model, _ set: LabelledWindows) throws -> TrainingDivergence? {
    var options = TrainingOptions()
    (options.epochs, options.batch, options.microBatch, options.threads) = (1, 6, 2, 2)
    var trainer = Trainer(model: model, options: options)
    return #expect(throws: TrainingDivergence.self) {
      try trainer.run(training: set, validation: nil, observer: { _ in }, shouldStop: { false })
    }
  }

  /// The square of 3e38 exceeds what a float32 holds.
  @Test(arguments: [0, 7, 11])
  func aWindowOfExtremeSamplesIsNamed(spoilt: Int) throws {
    let found = try #require(try divergence(Self.model(), Self.set(spoilt: spoilt)))
    #expect(found.windows == [spoilt])
    #expect(found.place == "the variance in stem.norm")
    #expect(found.epoch == 1 && [1, 2].contains(found.step))
    #expect(!found.loss.isFinite || !found.gradientNorm.isFinite)
  }

  @Test(arguments: [
    ("stem.norm.weight", "the output of stem.norm"), ("stages.1.down.conv.weight", "the output of stages.1.down.conv"),
    ("stages.2.blocks.0.conv2.weight", "the output of stages.2.blocks.0.conv2"),
    ("proj.norm.bias", "the output of proj.norm"), ("layers.1.attn.out_proj.bias", "the attention of layers.1"),
    ("layers.0.ff.down.bias", "the output of layers.0"), ("pool.fusion.bias", "the embedding"),
    ("head.out.bias", "the logits"),
  ])
  func theLayerWhereItBeganIsNamed(tensor: String, place: String) throws {
    var model = Self.model()
    let layout = Network(model.architecture).layout
    let specification = try #require(layout.tensors.first { $0.name == tensor })
    model.parameters[layout.range(of: specification).lowerBound] = .nan
    let found = try #require(try divergence(model, Self.set()))
    #expect(found.place == place)
    #expect(found.windows.count == 2, "the micro-batch")
  }
}
