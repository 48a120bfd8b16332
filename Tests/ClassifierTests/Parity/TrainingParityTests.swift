import Testing

@testable import Classifier

/// Losses, gradients and optimiser steps in training mode without dropout, against PyTorch.
@Suite struct TrainingParityTests {
  @Test func everyGradientOfTinyAgrees() throws {
    let golden = try Golden("tiny_train")
    let run = try Run(Model.load(path: Golden.path("tiny")), golden, input: "x")
    #expect(try abs(run.loss - Double(golden.floats("loss")[0])) < 1e-4)
    try run.checkGradients(golden)
    try run.checkRunningStatistics(golden)
  }

  @Test func everyGradientOfPaddedWindowsAgrees() throws {
    let golden = try Golden("tiny_train_padded")
    let run = try Run(
      Model.load(path: Golden.path("tiny")), golden, input: "x", valid: golden.integers("valid"))
    #expect(try abs(run.loss - Double(golden.floats("loss")[0])) < 1e-4)
    try run.checkGradients(golden)
    try run.checkRunningStatistics(golden)
  }

  @Test func focalLossAgrees() throws {
    let golden = try Golden("tiny_train")
    let run = try Run(
      Model.load(path: Golden.path("tiny")), golden, input: "x", loss: Loss(kind: .focal(gamma: 2)))
    #expect(try abs(run.loss - Double(golden.floats("focal.loss")[0])) < 1e-4)
    try run.checkGradients(golden, prefix: "focal.grad.", all: false)
  }

  @Test(arguments: [("train.", "x", false), ("train_padded.", "xp", true)])
  func gradientsOfBaseAgree(prefix: String, input: String, padded: Bool) throws {
    let golden = try Golden("base_eval")
    let shape = try golden.shape(input)
    let model = GeneratedWeights.model(
      Preset.base.architecture(inputChannels: shape[1], classes: 10), window: shape[2])
    let run = try Run(model, golden, input: input, valid: padded ? golden.integers("valid") : nil)
    #expect(try abs(run.loss - Double(golden.floats(prefix + "loss")[0])) < 1e-4)
    try run.checkDigests(golden, prefix: prefix + "grad.")
  }

  @Test func gradientsOfSeparableConvolutionsAgree() throws {
    let golden = try Golden("separable")
    let model = try GeneratedWeights.separable(window: golden.shape("x")[2])
    let run = try Run(model, golden, input: "x", valid: golden.integers("valid"))
    #expect(try abs(run.loss - Double(golden.floats("loss")[0])) < 1e-4)
    try run.checkDigests(golden, prefix: "grad.")
  }

  @Test func tenOptimiserStepsAgree() throws {
    let golden = try Golden("tiny_steps")
    let shape = try golden.shape("batches")
    let set = try windows(
      golden.floats("batches"), [shape[0] * shape[1], shape[2], shape[3]], labels: golden.integers("labels"))
    var options = TrainingOptions()
    (options.epochs, options.batch, options.microBatch) = (1, shape[1], shape[1])
    (options.minimumLearningRate, options.warmupSteps) = (options.learningRate, 0)
    (options.dropout, options.shuffle) = (0, false)
    var losses: [Float] = []
    var norms: [Float] = []
    var trainer = try Trainer(model: Model.load(path: Golden.path("tiny")), options: options)
    let model = try trainer.run(training: set, validation: nil) { event in
      guard case .step(let step) = event else { return }
      losses.append(Float(step.loss))
      norms.append(Float(step.gradientNorm))
    } shouldStop: {
      false
    }
    #expect(try largestDifference(losses, golden.floats("losses")) < 1e-3)
    #expect(try zip(norms, golden.floats("gradient_norms")).allSatisfy { abs($0 - $1) < 1e-3 * $1 })
    try checkFinalWeights(model, golden)
  }

  /// Ten steps move a weight by 3e-3 at the most; a fiftieth of that tells a right step from a wrong one.
  private func checkFinalWeights(_ model: Model, _ golden: Golden) throws {
    let layout = Network(model.architecture).layout
    var parameters = model.parameters
    for name in golden.names where name.hasPrefix("final.") {
      let tensor = try #require(layout.tensors.first { "final." + $0.name == name })
      let values = parameters.withUnsafeMutableBufferPointer { tensor.inFileOrder($0.baseAddress!, layout) }
      #expect(try largestDifference(values, golden.floats(name)) < 6e-5, "\(name)")
    }
  }
}

/// One forward and backward pass of a whole batch as one micro-batch.
private struct Run {
  let layout: ParameterLayout
  let runner: MicroBatches
  let before: [Float]
  private(set) var after: [Float]
  private(set) var loss = 0.0

  init(_ model: Model, _ golden: Golden, input: String, valid: [Int]? = nil, loss: Loss = Loss()) throws {
    let set = try windows(golden.floats(input), golden.shape(input), labels: golden.integers("labels"), valid: valid)
    var options = TrainingOptions()
    (options.batch, options.microBatch, options.dropout, options.loss) = (set.count, set.count, 0, loss)
    options.shuffle = false
    let network = Network(model.architecture)
    layout = network.layout
    runner = MicroBatches(network, input: model.input, window: set.windowSamples, options: options)
    before = model.parameters
    after = before
    self.loss = after.withUnsafeMutableBufferPointer { [runner] in
      runner.run(set, .epoch(1, set.labels, options), parameters: $0.baseAddress!).loss
    }
  }

  /// Every gradient within 1e-3 of its tensor's largest entry. The pooling scores' biases shift a softmax as a whole:
  /// their gradient is 0 but for rounding.
  func checkGradients(_ golden: Golden, prefix: String = "grad.", all: Bool = true) throws {
    var checked = 0
    for tensor in layout.tensors where tensor.isTrainable && golden.names.contains(prefix + tensor.name) {
      let expected = try golden.floats(prefix + tensor.name)
      let gradient = tensor.inFileOrder(runner.gradient, layout)
      let largest = expected.reduce(0) { max($0, abs($1)) }
      let tolerance = tensor.name.hasSuffix("score.bias") ? 1e-6 : 1e-3 * largest
      #expect(largestDifference(gradient, expected) <= tolerance, "\(tensor.name), largest \(largest)")
      checked += 1
    }
    #expect(all ? checked == layout.tensors.count(where: \.isTrainable) : checked > 0)
  }

  /// A digest is: L2 norm, largest magnitude, sum, and eight entries at ⌊i·(n − 1)/7⌋.
  func checkDigests(_ golden: Golden, prefix: String) throws {
    for tensor in layout.tensors where tensor.isTrainable && !tensor.name.hasSuffix("score.bias") {
      let digest = try golden.floats(prefix + tensor.name)
      let gradient = tensor.inFileOrder(runner.gradient, layout)
      let largest = digest[1]
      let norm = gradient.reduce(0.0) { $0 + Double($1) * Double($1) }.squareRoot()
      #expect(abs(Float(norm) - digest[0]) <= 1e-3 * digest[0], "norm of \(tensor.name)")
      let sum = gradient.reduce(0.0) { $0 + Double($1) }
      #expect(abs(Float(sum) - digest[2]) <= 1e-3 * largest * Float(gradient.count).squareRoot(), "\(tensor.name)")
      let entries = (0..<8).map { gradient[$0 * (gradient.count - 1) / 7] }
      #expect(largestDifference(entries, digest[3...]) <= 1e-3 * largest, "entries of \(tensor.name)")
    }
  }

  func checkRunningStatistics(_ golden: Golden) throws {
    var values = after
    var checked = 0
    for tensor in layout.tensors where tensor.role == .statistic {
      let moved = values.withUnsafeMutableBufferPointer { tensor.inFileOrder($0.baseAddress!, layout) }
      #expect(try largestDifference(moved, golden.floats("after." + tensor.name)) < 1e-4, "\(tensor.name)")
      checked += 1
    }
    #expect(checked > 0)
  }
}
