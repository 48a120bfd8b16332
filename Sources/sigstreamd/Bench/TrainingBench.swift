import Classifier

/// Sequences per second of training: forward, backward and update, with dropout as the recipe has it.
struct TrainingBench {
  let preset: Preset
  let batch: Int
  let microBatch: Int
  let threads: Int
  let arithmetic: TrainingArithmetic
  /// Samples per sequence.
  let window: Int
  /// Steps measured, after one that is not.
  let steps: Int

  struct Result: Encodable {
    /// By the median step.
    let sequencesPerSecond: Double
    let batch: Int
    let microBatch: Int
    let threads: Int
    let precision: Precision
    let checkpointActivations: Bool
    let windowSamples: Int
    let steps: Int
  }

  var architecture: Architecture {
    preset.architecture(inputChannels: 1, classes: SyntheticSignals.labels.count)
  }

  var options: TrainingOptions {
    var options = TrainingOptions()
    (options.epochs, options.batch, options.microBatch, options.threads) = (1, batch, microBatch, threads)
    arithmetic.apply(to: &options)
    return options
  }

  func run() throws -> Result {
    let labels = SyntheticSignals.labels
    let count = batch * (steps + 1)
    let set = LabelledWindows(
      samples: BenchSignals.windows(count, samples: window, channels: 1, seed: 1).flatMap { $0 },
      windowSamples: window, channels: 1, labels: (0..<count).map { $0 % labels.count })
    let model = Model(
      architecture: architecture, labels: labels,
      input: InputSpecification(sampleRate: 0, window: window, normalisation: .window), seed: 1)
    return Result(
      sequencesPerSecond: try median(rates(model, set, options)), batch: batch, microBatch: microBatch,
      threads: threads,
      precision: arithmetic.precision, checkpointActivations: arithmetic.checkpointActivations, windowSamples: window,
      steps: steps)
  }

  private func rates(_ model: Model, _ set: LabelledWindows, _ options: TrainingOptions) throws -> [Double] {
    var trainer = Trainer(model: model, options: options)
    var rates: [Double] = []
    _ = try trainer.run(training: set, validation: nil) { event in
      if case .step(let step) = event, step.step > 1 { rates.append(step.sequencesPerSecond) }
    } shouldStop: {
      false
    }
    return rates
  }

  private func median(_ values: [Double]) -> Double {
    let sorted = values.sorted()
    let middle = sorted.count / 2
    return sorted.count % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2
  }
}
