import ArgumentParser
import Classifier
import Foundation

/// How `train` optimises.
struct RecipeOptions: ParsableArguments {
  enum LossName: String, CaseIterable, ExpressibleByArgument {
    case crossEntropy = "cross-entropy"
    case focal
  }

  enum ClassWeights: String, CaseIterable, ExpressibleByArgument {
    case none, balanced
  }

  @Option(help: "Passes over the training windows.")
  var epochs = 5
  @Option(help: "Windows per optimiser step.")
  var batch = 32
  @Option(help: "Windows that are normalised together and run on one core; the result depends on it.")
  var microBatch = 16
  @Option(help: "The largest learning rate.")
  var learningRate = 3e-4
  @Option(help: "What the cosine schedule ends at.")
  var minLearningRate = 0.0
  @Option(help: "Steps of linear warm-up (default: a twentieth of all steps).")
  var warmup: Int?
  @Option(help: "Decoupled weight decay, not on norms and biases.")
  var weightDecay = 0.01
  @Option(help: "Largest global norm of the gradient.")
  var clip = 1.0
  @Option(help: "Objective: \(LossName.allCases.map(\.rawValue).joined(separator: ", ")).")
  var loss = LossName.crossEntropy
  @Option(help: "Focusing exponent of the focal loss.")
  var gamma = 2.0
  @Option(help: "Weights of the classes in the loss: none, or balanced by their number of windows.")
  var classWeights = ClassWeights.none
  @Option(help: "Share of the target that is spread over all classes.")
  var labelSmoothing = 0.0
  @Option(help: "Probability of dropping an activation.")
  var dropout = 0.1
  @Option(help: "Random numbers start here; the same seed gives the same model.")
  var seed: UInt64 = 1
  @Option(help: "Cores to use (default: all); the result does not depend on it.")
  var threads = ProcessInfo.processInfo.activeProcessorCount
  @Flag(inversion: .prefixedNo, help: "Take the windows in a new random order in each epoch.")
  var shuffle = true

  func validate() throws {
    let checks: [(Bool, String)] = [
      (epochs >= 1, "--epochs must be 1 or more"),
      ((1...65_536).contains(batch), "--batch must be 1 to 65536"),
      ((1...65_536).contains(microBatch), "--micro-batch must be 1 to 65536"),
      (learningRate > 0 && learningRate.isFinite, "--learning-rate must be positive"),
      (
        minLearningRate >= 0 && minLearningRate <= learningRate,
        "--min-learning-rate must be 0 to the learning rate"
      ),
      (warmup ?? 0 >= 0, "--warmup must be 0 or more"),
      (weightDecay >= 0 && weightDecay.isFinite, "--weight-decay must be 0 or more"),
      (clip > 0, "--clip must be positive"),
      (gamma >= 0 && gamma.isFinite, "--gamma must be 0 or more"),
      ((0..<1).contains(labelSmoothing), "--label-smoothing must be 0 or more and less than 1"),
      ((0..<1).contains(dropout), "--dropout must be 0 or more and less than 1"),
      ((1...1024).contains(threads), "--threads must be 1 to 1024"),
    ]
    for (holds, message) in checks where !holds {
      throw ValidationError(message)
    }
  }

  /// The options for training on `set`, whose classes' numbers balance the loss if asked for.
  func options(for set: LabelledWindows, classes: Int) -> TrainingOptions {
    var options = TrainingOptions()
    options.epochs = epochs
    options.batch = batch
    options.microBatch = microBatch
    options.learningRate = learningRate
    options.minimumLearningRate = minLearningRate
    options.warmupSteps = warmup
    options.weightDecay = weightDecay
    options.clip = clip
    options.loss = Loss(
      kind: loss == .focal ? .focal(gamma: gamma) : .crossEntropy, labelSmoothing: labelSmoothing,
      classWeights: classWeights == .balanced ? Self.balancedWeights(set.labels, classes: classes) : [])
    options.dropout = dropout
    options.seed = seed
    options.threads = threads
    options.shuffle = shuffle
    return options
  }

  /// N / (K · N_k), so that each class weighs the same in all; a class without windows weighs nothing.
  static func balancedWeights(_ labels: [Int], classes: Int) -> [Double] {
    let counts = labels.reduce(into: Array(repeating: 0, count: classes)) { $0[$1] += 1 }
    return counts.map { $0 == 0 ? 0 : Double(labels.count) / Double(classes * $0) }
  }
}
