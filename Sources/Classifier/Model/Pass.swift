/// What a forward or backward pass over one batch is given, beside the activations.
struct Pass {
  /// Weights and running statistics.
  let parameters: ParameterView
  /// Where gradients add up, and where training leaves the batch's BatchNorm statistics; nil when serving.
  let gradients: ParameterView?
  /// Windows B in this batch.
  let batch: Int
  /// Dropout of this pass; inactive when serving.
  var dropout = Dropout.none

  var isTraining: Bool { gradients != nil }
}
