/// How to train. The defaults are the published recipe's.
package struct TrainingOptions: Sendable {
  /// Passes over the training windows, at least 1.
  package var epochs = 5
  /// Windows per optimiser step, at least 1; an epoch's last batch may be smaller.
  package var batch = 32
  /// Windows that are normalised together and run on one core: the unit of parallelism. The result depends on it; it
  /// does not depend on `threads`.
  package var microBatch = 16
  /// The largest learning rate.
  package var learningRate = 3e-4
  /// What the cosine schedule ends at.
  package var minimumLearningRate = 0.0
  /// Steps of linear warm-up; nil: a twentieth of all steps.
  package var warmupSteps: Int?
  /// Decoupled weight decay, on matrices and convolutions only.
  package var weightDecay = 0.01
  /// Largest global norm of a step's gradient.
  package var clip = 1.0
  package var loss = Loss()
  /// What the training windows' loss is blended with; nil: nothing.
  package var distillation: Distillation?
  /// Probability of dropping, 0 ..< 1.
  package var dropout = 0.1
  package var seed: UInt64 = 1
  /// Cores to use, at least 1.
  package var threads = 1
  /// What the products' factors are rounded to, float32 or bf16; all else is float32.
  package var precision = Precision.float32
  /// Whether activations inside a stage or layer are worked out again in backward instead of being kept: less memory,
  /// more time, the same result to the bit.
  package var checkpointActivations = false
  /// Whether each epoch takes the windows in a new random order.
  package var shuffle = true
  /// Which windows an epoch takes.
  package var sampling = Sampling.natural
  /// Random changes to training windows.
  package var augmentation = Augmentation()
  /// Decay of the moving average of the weights that is measured and kept, 0 ..< 1; nil: the weights as they are.
  package var averageDecay: Double?
  /// What the best epoch is best by.
  package var metric = ValidationMetric.macroF1
  /// Training ends after so many epochs without a better one, at least 1; nil: never. Counts with a validation set only.
  package var patience: Int?

  /// Steps between two states that training can go on from, at least 1; nil: only epochs' ends.
  package var saveEvery: Int?

  package init() {}

  /// Optimiser steps of a whole run over `windows` training windows.
  package func steps(windows: Int) -> Int {
    epochs * ((windows + batch - 1) / batch)
  }
}
