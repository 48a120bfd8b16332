import Glibc

/// Linear warm-up, then a cosine down to the minimum (Loshchilov and Hutter 2017).
package struct LearningRateSchedule: Sendable {
  private let peak: Double
  private let minimum: Double
  private let warmup: Int
  private let steps: Int

  /// - Parameter steps: all optimiser steps of the run.
  package init(_ options: TrainingOptions, steps: Int) {
    peak = options.learningRate
    minimum = options.minimumLearningRate
    warmup = min(options.warmupSteps ?? steps / 20, steps)
    self.steps = steps
  }

  /// The learning rate of step `step`, counted from 0.
  package func rate(step: Int) -> Double {
    if step < warmup { return peak * Double(step + 1) / Double(warmup) }
    let progress = Double(step - warmup) / Double(max(steps - warmup, 1))
    return minimum + (peak - minimum) * (1 + cos(.pi * progress)) / 2
  }
}
