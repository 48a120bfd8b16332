import Foundation
import Testing

@testable import Classifier

@Suite struct TrainerTests {
  private static let window = 32

  /// Noise, on which class 1 has a sine of half a window's period; every third window is padded when asked.
  private static func task(_ count: Int, seed: UInt64, padded: Bool = false) -> LabelledWindows {
    var generator = SplitMix64(seed: seed)
    let labels = (0..<count).map { $0 % 2 }
    let samples = labels.flatMap { label in
      let phase = generator.uniform() * 6
      return (0..<window).map { t in
        Float(0.3 * Initialisation.normal(&generator) + Double(label) * 2 * sin(phase + Double(t) * .pi / 4))
      }
    }
    let valid = padded ? (0..<count).map { $0 % 3 == 0 ? 11 + $0 % 9 : window } : nil
    return LabelledWindows(samples: samples, windowSamples: window, channels: 1, labels: labels, valid: valid)
  }

  private static func model(seed: UInt64 = 1) -> Model {
    Model(
      architecture: Preset.tiny.architecture(inputChannels: 1, classes: 2), labels: ["noise", "sine"],
      input: InputSpecification(sampleRate: 0, window: window, normalisation: .none), seed: seed)
  }

  private struct Outcome {
    var model: Model
    var steps: [TrainingStep] = []
    var epochs: [TrainingEpoch] = []
    var states: [TrainingState] = []
  }

  private static func train(
    _ options: TrainingOptions, on training: LabelledWindows, validation: LabelledWindows? = nil,
    stopAfter: Int = .max
  ) throws -> Outcome {
    var outcome = Outcome(model: model())
    var trainer = Trainer(model: outcome.model, options: options)
    outcome.model = try trainer.run(training: training, validation: validation) { event in
      switch event {
      case .step(let step): outcome.steps.append(step)
      case .epoch(let epoch): outcome.epochs.append(epoch)
      case .state(let state): outcome.states.append(state)
      }
    } shouldStop: {
      outcome.steps.count >= stopAfter
    }
    return outcome
  }

  /// 22 windows in batches of 8 and micro-batches of 3: 3 + 3 + 2, and 3 + 3 at the end.
  private static func unevenOptions(threads: Int, seed: UInt64 = 5) -> TrainingOptions {
    var options = TrainingOptions()
    (options.epochs, options.batch, options.microBatch) = (2, 8, 3)
    (options.dropout, options.learningRate, options.seed, options.threads) = (0.2, 1e-3, seed, threads)
    options.loss = Loss(kind: .focal(gamma: 2), labelSmoothing: 0.1, classWeights: [1, 2])
    return options
  }

  @Test(arguments: [false, true])
  func anyNumberOfThreadsGivesTheSameCheckpoint(padded: Bool) throws {
    let (training, validation) = (Self.task(22, seed: 1, padded: padded), Self.task(9, seed: 2, padded: padded))
    let files = try [1, 2, 3].map { threads in
      try Self.train(Self.unevenOptions(threads: threads), on: training, validation: validation).model.encode()
    }
    #expect(files[0] == files[1] && files[0] == files[2])
  }

  @Test func anotherSeedGivesAnotherModel() throws {
    let training = Self.task(22, seed: 1)
    let one = try Self.train(Self.unevenOptions(threads: 2, seed: 5), on: training).model
    let again = try Self.train(Self.unevenOptions(threads: 2, seed: 5), on: training).model
    let other = try Self.train(Self.unevenOptions(threads: 2, seed: 6), on: training).model
    #expect(one.parameters == again.parameters)
    #expect(one.parameters != other.parameters)
  }

  @Test func everyStepAndEpochIsReported() throws {
    let outcome = try Self.train(Self.unevenOptions(threads: 1), on: Self.task(22, seed: 1))
    #expect(outcome.steps.map(\.step) == [1, 2, 3, 4, 5, 6])
    #expect(outcome.steps.map(\.epoch) == [1, 1, 1, 2, 2, 2])
    #expect(outcome.steps.allSatisfy { $0.steps == 6 && $0.loss.isFinite && $0.gradientNorm > 0 })
    #expect(outcome.epochs.map(\.epoch) == [1, 2])
    // Without validation the last epoch counts as the best.
    #expect(outcome.epochs.allSatisfy { $0.isBest && $0.validation == nil && $0.validationLoss == nil })
    #expect(outcome.model.parameters == outcome.epochs[1].model.parameters)
    for (epoch, losses) in zip(outcome.epochs, [outcome.steps[..<3], outcome.steps[3...]]) {
      #expect(abs(epoch.trainingLoss - losses.reduce(0) { $0 + $1.loss } / 3) < 1e-12)
    }
    // Micro-batches: 3 a step, but 2 in the last step of an epoch.
    #expect(outcome.model.batchesTracked == 2 * (3 + 3 + 2))
  }

  @Test func stopsAfterTheStepThatAsks() throws {
    let outcome = try Self.train(
      Self.unevenOptions(threads: 2), on: Self.task(22, seed: 1), validation: Self.task(10, seed: 2), stopAfter: 4)
    #expect(outcome.steps.count == 4)
    #expect(outcome.epochs.map(\.epoch) == [1, 2])
    #expect(outcome.model.parameters == outcome.epochs.last { $0.isBest }?.model.parameters)
    #expect(outcome.model.novelty != nil)
  }

  @Test func stoppingInTheFirstEpochStillReturnsAModel() throws {
    let outcome = try Self.train(Self.unevenOptions(threads: 1), on: Self.task(22, seed: 1), stopAfter: 1)
    #expect(outcome.steps.count == 1 && outcome.epochs.count == 1)
    #expect(outcome.model.parameters != Self.model().parameters)
    #expect(outcome.model.novelty != nil)
  }

  @Test func keepsTheEpochWithTheBestScoreThenTheLowestLoss() throws {
    var options = Self.unevenOptions(threads: 2)
    (options.epochs, options.learningRate) = (8, 1e-2)
    let outcome = try Self.train(options, on: Self.task(22, seed: 1), validation: Self.task(11, seed: 2))
    let scores = try outcome.epochs.map { epoch in
      try (#require(epoch.validation).macroF1, -#require(epoch.validationLoss))
    }
    let best = try #require(scores.indices.max { scores[$0] < scores[$1] })
    #expect(outcome.epochs.lastIndex { $0.isBest } == best)
    #expect(outcome.model.parameters == outcome.epochs[best].model.parameters)
    for (i, epoch) in outcome.epochs.enumerated() {
      #expect(epoch.isBest == scores[..<i].allSatisfy { $0 < scores[i] })
    }
  }

  @Test func learnsATaskThatIsTriviallySeparable() throws {
    var options = TrainingOptions()
    (options.epochs, options.batch, options.microBatch, options.learningRate) = (6, 16, 8, 3e-3)
    options.threads = 2
    let test = Self.task(60, seed: 9)
    let outcome = try Self.train(options, on: Self.task(96, seed: 1), validation: Self.task(24, seed: 2))
    let outputs = BatchEvaluation(outcome.model, test, threads: 2)
    #expect(outputs.predicted == test.labels)
    #expect(outcome.epochs[5].trainingLoss < 0.5 * outcome.epochs[0].trainingLoss)
  }

  @Test func anObserversErrorEndsTraining() throws {
    struct Stop: Error {}
    var trainer = Trainer(model: Self.model(), options: Self.unevenOptions(threads: 1))
    #expect(throws: Stop.self) {
      try trainer.run(training: Self.task(8, seed: 1), validation: nil, observer: { _ in throw Stop() }) { false }
    }
  }

  @Test func statisticsOfTheWeightsBeforeAreNotKept() throws {
    var options = Self.unevenOptions(threads: 1)
    options.epochs = 1
    let before = try Self.train(options, on: Self.task(22, seed: 1)).model
    #expect(before.novelty != nil)
    var epochs: [TrainingEpoch] = []
    var trainer = Trainer(model: before, options: options)
    let after = try trainer.run(training: Self.task(22, seed: 2), validation: nil) { event in
      if case .epoch(let epoch) = event { epochs.append(epoch) }
    } shouldStop: {
      false
    }
    #expect(epochs.allSatisfy { $0.model.novelty == nil })
    #expect(after.novelty != nil && after.novelty?.means != before.novelty?.means)
  }

  @Test func oneWindowIsEnoughToTrainOn() throws {
    var options = Self.unevenOptions(threads: 3)
    options.epochs = 1
    let model = try Self.train(options, on: Self.task(1, seed: 1)).model
    #expect(model.parameters.allSatisfy { $0.isFinite })
    #expect(model.novelty?.problem(dim: 32) == nil)
  }
}
