import Foundation
import Testing

@testable import Classifier

/// The learning rate schedule and AdamW.
@Suite struct OptimiserTests {
  private static func options(warmup: Int?) -> TrainingOptions {
    var options = TrainingOptions()
    (options.learningRate, options.minimumLearningRate, options.warmupSteps) = (1, 0.2, warmup)
    return options
  }

  /// Four steps up, then 0.2 + 0.4 (1 + cos(π i/8)).
  @Test func scheduleWarmsUpThenFollowsACosine() {
    let schedule = LearningRateSchedule(Self.options(warmup: 4), steps: 12)
    let rates = (0..<13).map(schedule.rate)
    let cosine = (0...8).map { 0.2 + 0.4 * (1 + cos(.pi * Double($0) / 8)) }
    let expected = [0.25, 0.5, 0.75, 1] + cosine
    #expect(zip(rates, expected).allSatisfy { abs($0 - $1) < 1e-12 })
    #expect(abs(rates[8] - 0.6) < 1e-12 && abs(rates[12] - 0.2) < 1e-12)
  }

  @Test func warmupIsATwentiethUnlessGiven() {
    let schedule = LearningRateSchedule(Self.options(warmup: nil), steps: 200)
    #expect(abs(schedule.rate(step: 0) - 0.1) < 1e-12)
    #expect(schedule.rate(step: 9) == 1 && schedule.rate(step: 10) == 1)
    #expect(schedule.rate(step: 11) < 1)
  }

  @Test func shortRunsHaveFiniteRates() {
    for (steps, warmup) in [(1, nil), (1, 0), (1, 1), (2, 10), (0, nil)] as [(Int, Int?)] {
      let schedule = LearningRateSchedule(Self.options(warmup: warmup), steps: steps)
      #expect((0...steps).allSatisfy { (0.2...1).contains(schedule.rate(step: $0)) || warmup == 10 })
    }
    // A warm-up longer than the run ends at the peak.
    #expect(LearningRateSchedule(Self.options(warmup: 10), steps: 2).rate(step: 1) == 1)
  }

  @Test func stepsCountPartialBatches() {
    var options = TrainingOptions()
    (options.epochs, options.batch) = (5, 32)
    #expect(options.steps(windows: 32) == 5)
    #expect(options.steps(windows: 33) == 10)
    #expect(options.steps(windows: 1) == 5)
  }

  @Test func decayTouchesMatricesAndConvolutionsOnly() {
    let layout = Network(Preset.tiny.architecture(inputChannels: 1, classes: 3)).layout
    let before = Initialisation.parameters(layout, seed: 3).map { $0 + 0.5 }
    var parameters = before
    let gradients = [Float](repeating: 0, count: layout.totalCount)
    var optimiser = AdamW(layout, decay: 0.1)
    parameters.withUnsafeMutableBufferPointer {
      optimiser.update($0.baseAddress!, gradients: gradients, learningRate: 0.5, scale: 1)
    }
    for tensor in layout.tensors {
      let factor: Float = tensor.shape.count >= 2 ? 0.95 : 1
      let range = layout.range(of: tensor)
      #expect(zip(parameters[range], before[range]).allSatisfy { abs($0 - factor * $1) < 1e-6 }, "\(tensor.name)")
    }
  }

  /// Three steps of Loshchilov and Hutter's algorithm 2 in double precision, with clipping by 0.5.
  @Test func stepsFollowThePaper() {
    var layout = ParameterLayout()
    _ = layout.add("weight", [2, 2], .linear)
    var parameters: [Float] = [1, -2, 0.5, 0]
    var expected = parameters.map { Double($0) }
    var (m, v) = ([0.0, 0, 0, 0], [0.0, 0, 0, 0])
    var optimiser = AdamW(layout, decay: 0.01)
    for step in 1...3 {
      let gradients: [Float] = [0.3, -1, 1e-4, 2].map { $0 * Float(step) }
      let rate = 0.1 / Double(step)
      parameters.withUnsafeMutableBufferPointer {
        optimiser.update($0.baseAddress!, gradients: gradients, learningRate: rate, scale: 0.5)
      }
      for i in 0..<4 {
        let g = 0.5 * Double(gradients[i])
        m[i] = 0.9 * m[i] + 0.1 * g
        v[i] = 0.999 * v[i] + 0.001 * g * g
        let (mHat, vHat) = (m[i] / (1 - pow(0.9, Double(step))), v[i] / (1 - pow(0.999, Double(step))))
        expected[i] -= rate * (mHat / (vHat.squareRoot() + 1e-8) + 0.01 * expected[i])
      }
    }
    #expect(zip(parameters, expected).allSatisfy { abs(Double($0) - $1) < 5e-6 }, "\(parameters), \(expected)")
  }
}
