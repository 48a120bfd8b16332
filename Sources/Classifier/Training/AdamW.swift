import CKernels
import Glibc

/// AdamW (Loshchilov and Hutter 2019): Adam with decoupled weight decay; β = (0.9, 0.999), ε = 1e-8.
struct AdamW {
  private static let beta1 = 0.9
  private static let beta2 = 0.999
  private static let epsilon = 1e-8

  private let layout: ParameterLayout
  private let decay: Double
  /// The averages of gradients and of their squares.
  private(set) var first: [Float]
  private(set) var second: [Float]
  private var step: Int

  /// - Parameters:
  ///   - moments: where to go on from, after `step` steps.
  init(
    _ layout: ParameterLayout, decay: Double, moments: (first: [Float], second: [Float])? = nil, step: Int = 0
  ) {
    self.layout = layout
    self.decay = decay
    first = moments?.first ?? Array(repeating: 0, count: layout.trainableCount)
    second = moments?.second ?? Array(repeating: 0, count: layout.trainableCount)
    self.step = step
  }

  /// One step on the trainable parameters, or those of `slice`; `scale` is what clipping multiplies the gradients by.
  mutating func update(
    _ parameters: UnsafeMutablePointer<Float>, gradients: UnsafePointer<Float>, slice: Range<Int>? = nil,
    learningRate: Double, scale: Double
  ) {
    step += 1
    for tensor in layout.tensors where tensor.isTrainable {
      let scalars = ck_adamw_step(
        gradient_scale: Float(scale), beta1: Float(Self.beta1), beta2: Float(Self.beta2),
        step_size: Float(learningRate / (1 - pow(Self.beta1, Double(step)))),
        second_scale: Float(1 / (1 - pow(Self.beta2, Double(step))).squareRoot()), epsilon: Float(Self.epsilon),
        decay: tensor.decays ? Float(learningRate * decay) : 0)
      let range = layout.range(of: tensor).clamped(to: slice ?? 0..<layout.trainableCount)
      let start = range.lowerBound
      first.withUnsafeMutableBufferPointer { first in
        second.withUnsafeMutableBufferPointer { second in
          ck_adamw(
            parameters + start, gradients + start, first.baseAddress! + start, second.baseAddress! + start, scalars,
            range.count)
        }
      }
    }
  }

  /// Completes the averages, of which each rank has updated its slice.
  mutating func gather(_ group: any TrainingGroup) {
    let slices = GradientNorm.slices(layout, group)
    first.withUnsafeMutableBufferPointer { group.gather($0, slices) }
    second.withUnsafeMutableBufferPointer { group.gather($0, slices) }
  }
}
