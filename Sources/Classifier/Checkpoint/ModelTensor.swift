/// A float32 tensor of a model as its checkpoint holds it.
package struct ModelTensor: Sendable, Equatable {
  /// PyTorch's conventions: `[out, in]` for a linear layer, `[out, in, k]` for a convolution.
  package let shape: [Int]
  /// Row-major.
  package let values: [Float]
}

extension Model {
  /// The weights and running statistics by their names in a checkpoint, which `docs/model.md` lists.
  package func tensors() -> [String: ModelTensor] {
    let layout = Network(architecture).layout
    var tensors: [String: ModelTensor] = [:]
    for tensor in layout.tensors where tensor.role != .batchCount {
      let values = parameters[layout.range(of: tensor)]
      tensors[tensor.name] = ModelTensor(shape: tensor.shape, values: TensorBytes.fileOrder(tensor, values))
    }
    return tensors
  }
}
