import Foundation
import Testing

@testable import Classifier

@Suite struct DistillationTests {
  private static let window = 32

  private static func model(seed: UInt64 = 1, classes: Int = 3) -> Model {
    Model(
      architecture: Preset.tiny.architecture(inputChannels: 1, classes: classes),
      labels: (0..<classes).map { "\($0)" },
      input: InputSpecification(sampleRate: 100, window: window, normalisation: .window), seed: seed)
  }

  /// Sines of three frequencies.
  private static func sines(_ count: Int, labels: (Int) -> Int = { $0 % 3 }) -> LabelledWindows {
    let samples = (0..<count * window).map { i in
      Float(sin(0.4 * Double(1 + i / window % 3) * Double(i % window) + Double(i / window)))
    }
    return LabelledWindows(samples: samples, windowSamples: window, channels: 1, labels: (0..<count).map(labels))
  }

  private static func train(
    _ model: Model = model(), on set: LabelledWindows, _ distillation: Distillation?, epochs: Int = 1, threads: Int = 1
  ) throws -> Model {
    var options = TrainingOptions()
    (options.epochs, options.batch, options.microBatch, options.threads) = (epochs, 8, 3, threads)
    (options.distillation, options.learningRate) = (distillation, 3e-3)
    var trainer = Trainer(model: model, options: options)
    return try trainer.run(training: set, validation: nil) { _ in
    } shouldStop: {
      false
    }
  }

  private static func accuracy(_ model: Model, _ set: LabelledWindows, labels: [Int]) -> Double {
    let predicted = BatchEvaluation(model, set, threads: 1).predicted
    return Double(zip(predicted, labels).count { $0 == $1 }) / Double(labels.count)
  }

  /// PyTorch's loss and gradient of six windows of five classes, weighted by class, with T = 4 and α = 0.7.
  @Test func agreesWithPyTorch() throws {
    let golden = try Golden("losses")
    let (logits, teacher) = try (golden.floats("logits"), golden.floats("teacher"))
    let labels = try golden.integers("labels")
    let loss = Loss(classWeights: try golden.floats("class_weights").map { Double($0) })
    let distillation = Distillation(teacher: Self.model(), temperature: 4, alpha: 0.7)
    let normaliser = labels.reduce(0) { $0 + loss.weight($1) }
    var gradient: [Float] = []
    var total = 0.0
    for (n, label) in labels.enumerated() {
      let row = n * 5..<(n + 1) * 5
      var slopes = [Float](repeating: 9, count: 5)
      let own = loss.evaluate(logits[row], Target(label), normaliser: normaliser, gradient: &slopes)
      total += distillation.blend(
        own, gradient: &slopes, student: logits[row], teacher: teacher[row], weight: loss.weight(label) / normaliser)
      gradient += slopes
    }
    #expect(try abs(total - Double(golden.floats("loss.distilled")[0])) < 1e-5)
    #expect(try largestDifference(gradient, golden.floats("grad.distilled")) < 1e-6)
  }

  /// Central differences of the loss, which is in double precision.
  @Test(arguments: [0.5, 1, 4, 20], [0, 0.3, 1])
  func gradientAgreesWithDifferences(temperature: Double, alpha: Double) {
    let distillation = Distillation(teacher: Self.model(), temperature: temperature, alpha: alpha)
    let loss = Loss(kind: .focal(gamma: 2), labelSmoothing: 0.1)
    let teacher: ArraySlice<Float> = [3, -1, 0.5, 0]
    func evaluate(_ logits: [Float]) -> (value: Double, gradient: [Float]) {
      var gradient = [Float](repeating: 0, count: 4)
      let own = loss.evaluate(logits[...], Target(2), normaliser: 2.5, gradient: &gradient)
      let value = distillation.blend(
        own, gradient: &gradient, student: logits[...], teacher: teacher, weight: 1 / 2.5)
      return (value, gradient)
    }
    let (h, logits): (Float, [Float]) = (0x1p-9, [0.5, -1.25, 2, 0.125])
    for k in 0..<4 {
      let differences = [h, -h].map { step in
        var moved = logits
        moved[k] += step
        return evaluate(moved).value
      }
      let numeric = (differences[0] - differences[1]) / Double(2 * h)
      #expect(abs(numeric - Double(evaluate(logits).gradient[k])) < 1e-4)
    }
  }

  /// A student that says what its teacher says, up to an offset of the logits, has nothing to learn from it.
  @Test func agreementCostsNothing() {
    let distillation = Distillation(teacher: Self.model(), temperature: 3, alpha: 1)
    var gradient: [Float] = [5, 5, 5]
    let loss = distillation.blend(7, gradient: &gradient, student: [1, 2, 4], teacher: [11, 12, 14], weight: 1)
    #expect(abs(loss) < 1e-12)
    #expect(gradient.allSatisfy { abs($0) < 1e-7 })
  }

  /// With α = 0 the teacher has no say: the same weights to the bit; and with a say the same for any threads.
  @Test func onlyAlphaGivesTheTeacherASay() throws {
    let teacher = Self.model(seed: 9)
    func parameters(_ alpha: Double?, threads: Int = 1) throws -> [Float] {
      let distillation = alpha.map { Distillation(teacher: teacher, temperature: 4, alpha: $0) }
      return try Self.train(on: Self.sines(12), distillation, threads: threads).parameters
    }
    let plain = try parameters(nil)
    #expect(try parameters(0) == plain)
    let distilled = try parameters(0.5)
    #expect(distilled != plain)
    #expect(try parameters(0.5, threads: 2) == distilled)
  }

  /// Labels that are all of one class teach nothing; a teacher that knows better does.
  @Test func aStudentLearnsFromItsTeacherAlone() throws {
    let truth = (0..<48).map { $0 % 3 }
    let teacher = try Self.train(on: Self.sines(48), nil, epochs: 12)
    #expect(Self.accuracy(teacher, Self.sines(48), labels: truth) == 1)
    let blind = Self.sines(48) { _ in 0 }
    let distillation = Distillation(teacher: teacher, temperature: 2, alpha: 1)
    let student = try Self.train(Self.model(seed: 5), on: blind, distillation, epochs: 12)
    #expect(Self.accuracy(student, blind, labels: truth) > 0.9)
  }

  @Test func theForecastCountsATeacherForEachThread() {
    let network = Network(Preset.tiny.architecture(inputChannels: 1, classes: 3))
    func bytes(_ threads: Int, _ distillation: Distillation?) -> Int {
      var options = TrainingOptions()
      (options.batch, options.microBatch, options.threads) = (8, 2, threads)
      options.distillation = distillation
      return MicroBatches.byteCount(network, window: Self.window, options: options)
    }
    let distillation = Distillation(teacher: Self.model(), temperature: 4, alpha: 0.5)
    let one = bytes(1, distillation) - bytes(1, nil)
    #expect(one > 0)
    #expect(bytes(3, distillation) - bytes(3, nil) == 3 * one)
  }
}
