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

  @Option(help: ArgumentHelp("Passes over the training windows.", valueName: "number"))
  var epochs = 5
  @Option(help: ArgumentHelp("Windows per optimiser step.", valueName: "windows"))
  var batch = 32
  @Option(
    help: ArgumentHelp(
      "Windows that are normalised together and run on one core; the result depends on it.", valueName: "windows"))
  var microBatch = 16
  @Option(help: ArgumentHelp("The learning rate after the warm-up.", valueName: "rate"))
  var learningRate = 3e-4
  @Option(help: ArgumentHelp("The learning rate that the cosine schedule ends at.", valueName: "rate"))
  var minLearningRate = 0.0
  @Option(help: ArgumentHelp("Steps of linear warm-up. (default: a twentieth of all steps)", valueName: "steps"))
  var warmup: Int?
  @Option(help: ArgumentHelp("Decoupled weight decay, not on norms and biases.", valueName: "decay"))
  var weightDecay = 0.01
  @Option(help: ArgumentHelp("Largest global norm of the gradient.", valueName: "norm"))
  var clip = 1.0
  @Option(help: ArgumentHelp("What is minimised.", valueName: "loss"))
  var loss = LossName.crossEntropy
  @Option(help: ArgumentHelp("Focusing exponent of --loss focal.", valueName: "exponent"))
  var gamma = 2.0
  @Option(
    help: ArgumentHelp(
      "Weights of the classes in the loss; balanced: a class weighs more the fewer windows it has.",
      valueName: "weights"))
  var classWeights = ClassWeights.none
  @Option(
    help: ArgumentHelp(
      """
      Which windows an epoch takes: each once, each class in proportion to the root of its windows, or each class as \
      often.
      """, valueName: "sampling"))
  var sampling = Sampling.natural
  @Option(help: ArgumentHelp("Share of the target that is spread over all classes.", valueName: "share"))
  var labelSmoothing = 0.0
  @Option(help: ArgumentHelp("Probability of dropping an activation.", valueName: "probability"))
  var dropout = 0.1
  @Option(
    help: ArgumentHelp(
      """
      Measure and keep a moving average of the weights over the steps, with this decay, such as 0.999. (default: the \
      weights themselves)
      """, valueName: "decay"))
  var ema: Double?
  @Option(help: ArgumentHelp("The figure of the validation part that the best epoch is best by.", valueName: "metric"))
  var metric = ValidationMetric.macroF1
  @Option(
    help: ArgumentHelp("Stop after so many epochs without a better one. (default: never)", valueName: "epochs"))
  var patience: Int?
  @Option(help: ArgumentHelp("Random numbers start here; the same seed gives the same model.", valueName: "number"))
  var seed: UInt64 = 1
  @Option(
    help: ArgumentHelp(
      "Cores to use, one micro-batch each at a time; the result does not depend on it.", valueName: "number"))
  var threads = ProcessInfo.processInfo.activeProcessorCount
  @OptionGroup var arithmetic: TrainingArithmetic
  @Flag(inversion: .prefixedNo, help: "Take the windows in a new random order in each epoch.")
  var shuffle = true

  func validate() throws {
    let checks: [(Bool, String)] = [
      ((1...1_000_000).contains(epochs), "--epochs must be 1 to 1000000"),
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
      ((0..<1).contains(ema ?? 0), "--ema must be 0 or more and less than 1"),
      (patience ?? 1 >= 1, "--patience must be 1 or more"),
      (
        shuffle || sampling == .natural,
        "--no-shuffle goes with --sampling natural: the others take windows at random"
      ),
      (
        sampling != .balanced || classWeights != .balanced,
        "--sampling balanced and --class-weights balanced would balance the classes twice: leave one out"
      ),
      ((1...1024).contains(threads), "--threads must be 1 to 1024"),
    ]
    for (holds, message) in checks where !holds {
      throw ValidationError(message)
    }
  }

  /// Throws where training would take more memory than this machine has.
  static func checkMemory(
    _ architecture: Architecture, window: Int, _ options: TrainingOptions, _ group: any TrainingGroup = SingleProcess()
  ) throws(CommandFailure) {
    let needed = Double(Trainer.memoryBytes(architecture, window: window, options: options, group: group))
    let present = Double(ProcessInfo.processInfo.physicalMemory)
    guard needed > present else { return }
    throw CommandFailure(
      String(format: "training would take %.1f GB of memory, this machine has %.1f GB: ", needed * 1e-9, present * 1e-9)
        + "make --batch, --micro-batch, --threads, the windows or the model smaller", exitCode: .unavailable)
  }

  /// The options for training on `set`, whose classes' numbers balance the loss if asked for.
  func options(for set: LabelledWindows, classes: Int) -> TrainingOptions {
    var options = TrainingOptions()
    options.epochs = epochs
    // A batch beyond all windows is all windows; memory is sized by it.
    options.batch = min(batch, set.count)
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
    arithmetic.apply(to: &options)
    options.shuffle = shuffle
    options.sampling = sampling
    options.averageDecay = ema
    options.metric = metric
    options.patience = patience
    return options
  }

  /// N / (K · N_k), so that each class weighs the same in all; a class without windows weighs nothing.
  static func balancedWeights(_ labels: [Int], classes: Int) -> [Double] {
    let counts = labels.reduce(into: Array(repeating: 0, count: classes)) { $0[$1] += 1 }
    return counts.map { $0 == 0 ? 0 : Double(labels.count) / Double(classes * $0) }
  }
}

extension Sampling: ExpressibleByArgument {}

extension ValidationMetric: ExpressibleByArgument {}
