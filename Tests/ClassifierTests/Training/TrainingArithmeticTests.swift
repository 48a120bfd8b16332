import CKernels
import Foundation
import Testing

@testable import Classifier

/// Training in bfloat16, and with activations that are worked out again.
@Suite struct TrainingArithmeticTests {
  private static let window = 64
  private static let canRoundFactors = ck_serving().pointee.has_bfloat16

  /// Class k has k + 1 periods in a window, with noise.
  private static func task(_ count: Int) -> LabelledWindows {
    var generator = SplitMix64(seed: 4)
    let labels = (0..<count).map { $0 % 3 }
    let samples = labels.flatMap { label in
      NoisySine.samples(periods: label + 1, count: window, using: &generator)
    }
    return LabelledWindows(samples: samples, windowSamples: window, channels: 1, labels: labels)
  }

  private static func options(_ change: (inout TrainingOptions) -> Void) -> TrainingOptions {
    var options = TrainingOptions()
    (options.epochs, options.batch, options.microBatch, options.learningRate) = (6, 12, 6, 2e-3)
    change(&options)
    return options
  }

  private static func train(_ options: TrainingOptions) throws -> (model: Model, epochs: [TrainingEpoch]) {
    let model = Model(
      architecture: Preset.tiny.architecture(inputChannels: 1, classes: 3), labels: ["a", "b", "c"],
      input: InputSpecification(sampleRate: 0, window: window, normalisation: .none), seed: 2)
    var trainer = Trainer(model: model, options: options)
    var epochs: [TrainingEpoch] = []
    let trained = try trainer.run(training: task(60), validation: task(30)) { event in
      if case .epoch(let epoch) = event { epochs.append(epoch) }
    } shouldStop: {
      false
    }
    return (trained, epochs)
  }

  /// Dropout on: what is worked out again must draw the same.
  @Test(arguments: canRoundFactors ? [Precision.float32, .bf16] : [.float32])
  func checkpointsChangeNothing(precision: Precision) throws {
    let kept = try Self.train(Self.options { $0.precision = precision })
    let again = try Self.train(
      Self.options {
        $0.precision = precision
        $0.checkpointActivations = true
      })
    #expect(kept.model.parameters == again.model.parameters)
  }

  /// The base preset at a batch of 128 in one piece.
  @Test func checkpointsTakeLessThanHalfOfTheMemory() {
    let architecture = Preset.base.architecture(inputChannels: 1, classes: 10)
    func bytes(_ checkpoints: Bool) -> Double {
      let options = Self.options {
        ($0.batch, $0.microBatch, $0.checkpointActivations) = (128, 128, checkpoints)
      }
      return Double(Trainer.memoryBytes(architecture, window: 1024, options: options))
    }
    #expect(bytes(true) < 0.45 * bytes(false))
  }

  /// Rounding to 8 bits disturbs the course and not where it leads.
  @Test(.enabled(if: canRoundFactors)) func bfloat16LearnsAsFloat32Does() throws {
    let exact = try Self.train(Self.options { $0.precision = .float32 })
    let rounded = try Self.train(Self.options { $0.precision = .bf16 })
    #expect(exact.model.parameters != rounded.model.parameters)
    for run in [exact, rounded] {
      #expect(run.epochs.last!.validation!.accuracy > 0.9)
    }
    let losses = [exact, rounded].map { $0.epochs[0].trainingLoss }
    #expect(abs(losses[0] - losses[1]) < 0.05 * losses[0])
  }

  /// Four times the samples take at most four times the memory, and little more than what does not depend on them.
  @Test func memoryGrowsWithTheWindow() {
    let architecture = Preset.tiny.architecture(inputChannels: 1, classes: 3)
    func bytes(_ window: Int) -> Int {
      Trainer.memoryBytes(architecture, window: window, options: Self.options { _ in })
    }
    #expect(bytes(4 * 8192) <= 4 * bytes(8192))
  }
}

private enum NoisySine {
  static func samples(periods: Int, count: Int, using generator: inout SplitMix64) -> [Float] {
    let phase = generator.uniform() * 6
    return (0..<count).map { t in
      let angle = phase + 2 * Double.pi * Double(periods * t) / Double(count)
      return Float(sin(angle) + 0.2 * Initialisation.normal(&generator))
    }
  }
}
