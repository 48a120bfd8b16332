import Glibc

/// What a student learns from a teacher's logits beside the labels (Hinton et al. 2015, "Distilling the knowledge in a
/// neural network").
///
/// With the teacher's probabilities q and the student's p, both softmax(logits / T), a window's loss is
///
///     (1 − α) · L + α · T² · w · Σₖ qₖ · (log qₖ − log pₖ)
///
/// where L is its loss by the labels and w its weight in the batch's average. T² makes up for gradients that fall with
/// 1 / T².
package struct Distillation: Sendable {
  /// Of the student's classes, in their order.
  let teacher: PackedModel
  /// T, above 0.
  let temperature: Double
  /// α, 0 ... 1.
  let alpha: Double

  package init(teacher: Model, temperature: Double, alpha: Double) {
    precondition(temperature > 0 && (0...1).contains(alpha))
    self.teacher = PackedModel(teacher)
    self.temperature = temperature
    self.alpha = alpha
  }

  /// SHA-256 of the teacher's checkpoint.
  package var teacherIdentity: String { teacher.model.identity }

  /// Blends a window's `loss` by its labels, and that loss's gradient `[K]`, with what the teacher says of it.
  ///
  /// - Parameters:
  ///   - student, teacher: logits, `[K]`.
  ///   - weight: w, divided by the batch's sum of weights.
  func blend(
    _ loss: Double, gradient: UnsafeMutablePointer<Float>, student: ArraySlice<Float>, teacher: ArraySlice<Float>,
    weight: Double
  ) -> Double {
    let (own, wanted) = (
      logSoftmax(student, temperature: temperature), logSoftmax(teacher, temperature: temperature)
    )
    let scale = alpha * temperature * weight
    var divergence = 0.0
    for k in own.indices {
      let (p, q) = (exp(own[k]), exp(wanted[k]))
      divergence += q * (wanted[k] - own[k])
      gradient[k] = Float((1 - alpha) * Double(gradient[k]) + scale * (p - q))
    }
    return (1 - alpha) * loss + scale * temperature * divergence
  }
}

/// A teacher's answers to the windows of a micro-batch: one thread's.
final class Teacher {
  private let predictor: Predictor
  private var predictions: Predictions

  /// - Parameter window: samples per window.
  init(_ distillation: Distillation, window: Int) {
    predictor = Predictor(distillation.teacher, window: window)
    predictions = Predictions(distillation.teacher.model.architecture)
  }

  /// Begins a micro-batch.
  func removeAll() { predictions.removeAll() }

  /// Takes the next window: raw samples `[L, C]` of which `valid` are no padding.
  func answer(_ samples: UnsafeBufferPointer<Float>, valid: Int) {
    predictor.predict(samples, valid: valid, addingTo: &predictions)
  }

  /// Logits of window `b` of the micro-batch, `[K]`.
  func logits(_ b: Int) -> ArraySlice<Float> { predictions.logits(b) }

  /// Bytes of a teacher for one thread; the weights are shared.
  static func byteCount(_ distillation: Distillation, window: Int) -> Int {
    Predictor.byteCount(distillation.teacher, window: window)
  }
}
