/// The weights of one matrix product before packing: `[columns, taps · width]` and a bias for each column.
struct DenseWeights {
  let name: String
  let columns: Int
  let taps: Int
  let width: Int
  var values: [Float]
  var bias: [Float]

  /// Multiplies each column by `scale` and adds `shift` to its bias: how a BatchNorm folds into what is before it.
  func folded(scale: [Float], shift: [Float]) -> DenseWeights {
    var folded = self
    let length = taps * width
    folded.values.withUnsafeMutableBufferPointer { values in
      for column in 0..<columns {
        for i in column * length..<(column + 1) * length {
          values[i] *= scale[column]
        }
      }
    }
    for column in 0..<columns {
      folded.bias[column] = bias[column] * scale[column] + shift[column]
    }
    return folded
  }

  /// Columns of several matrices of the same width, side by side.
  static func joined(_ name: String, _ parts: [DenseWeights]) -> DenseWeights {
    DenseWeights(
      name: name, columns: parts.reduce(0) { $0 + $1.columns }, taps: parts[0].taps, width: parts[0].width,
      values: parts.flatMap(\.values), bias: parts.flatMap(\.bias))
  }
}

/// A model's tensors by name, as products need them.
struct ModelTensors {
  private let model: Model
  private let tensors: [String: (shape: [Int], range: Range<Int>)]

  init(_ model: Model) {
    self.model = model
    let layout = Network(model.architecture).layout
    tensors = Dictionary(uniqueKeysWithValues: layout.tensors.map { ($0.name, ($0.shape, layout.range(of: $0))) })
  }

  func vector(_ name: String) -> [Float] { Array(model.parameters[tensor(name).range]) }

  /// `weight [out, in]` and `bias`.
  func linear(_ name: String) -> DenseWeights { linear(name, weight: "\(name).weight", bias: "\(name).bias") }

  func linear(_ name: String, weight: String, bias: String) -> DenseWeights {
    let shape = tensor(weight).shape
    return DenseWeights(
      name: name, columns: shape[0], taps: 1, width: shape[1], values: vector(weight), bias: vector(bias))
  }

  /// A convolution with the BatchNorm that follows it.
  func convolution(_ name: String, norm: String) -> DenseWeights {
    let shape = tensor("\(name).weight").shape
    let plain = DenseWeights(
      name: name, columns: shape[0], taps: shape[2], width: shape[1], values: vector("\(name).weight"),
      bias: Array(repeating: 0, count: shape[0]))
    let (mean, variance) = (vector("\(norm).running_mean"), vector("\(norm).running_var"))
    let scale = zip(vector("\(norm).weight"), variance).map { $0 / ($1 + BatchNorm.epsilon).squareRoot() }
    let shift = zip(vector("\(norm).bias"), zip(mean, scale)).map { $0 - $1.0 * $1.1 }
    return plain.folded(scale: scale, shift: shift)
  }

  private func tensor(_ name: String) -> (shape: [Int], range: Range<Int>) {
    guard let tensor = tensors[name] else { preconditionFailure("the network has no tensor \(name)") }
    return tensor
  }
}
