import Classifier

// What several parts of the network are made of, in the forms that OpenVINO and ONNX Runtime recognise and replace by
// kernels of their own: RMSNorm as Pow to Mul, silu as Sigmoid and Mul, attention's Softmax between two products.
extension GraphBuilder {
  /// `v · tanh(softplus(v))`: one node where the opset has it, else `v / (1 + 2 / (e · (e + 2)))` with `e = exp(v)`.
  ///
  /// Both are right over the whole range: where e overflows the quotient is v, where it vanishes 0. ONNX Runtime runs
  /// the second form nearly twice as fast as a Mish node or Softplus, Tanh and Mul, OpenVINO about as fast.
  mutating func mish(_ x: Value, _ name: String) -> Value {
    if opset >= 18 { return node("Mish", [x], name) }
    let one = constant("one", [1])
    let two = constant("two", [2])
    let e = node("Exp", [x], "\(name).exp")
    let product = node("Mul", [e, node("Add", [e, two], "\(name).exp_plus_2")], "\(name).product")
    let divisor = node("Add", [node("Div", [two, product], "\(name).quotient"), one], "\(name).divisor")
    return node("Div", [x, divisor], name)
  }

  /// A convolution `[B, in, L]` → `[B, out, L / stride]` with the BatchNorm after it folded into weights and bias:
  /// `weight / √(running_var + 1e-5)` times the convolution's, and what is left as bias.
  mutating func convolution(
    _ x: Value, _ name: String, norm: String, stride: Int = 1, dilation: Int = 1
  ) -> Value {
    let weight = tensor("\(name).weight")
    let (outputs, width) = (weight.shape[0], weight.shape[2])
    func normTensor(_ part: String) -> [Double] { tensor("\(norm).\(part)").values.map(Double.init) }
    let scale = zip(normTensor("weight"), normTensor("running_var")).map { $0 / ($1 + 1e-5).squareRoot() }
    let mean = normTensor("running_mean")
    let bias = normTensor("bias").enumerated().map { Float($1 - mean[$0] * scale[$0]) }
    let size = weight.values.count / outputs
    let folded = weight.values.enumerated().map { Float(Double($1) * scale[$0 / size]) }
    let padding = width / 2 * dilation
    let inputs = [
      x, constant("\(name).weight", folded, shape: weight.shape), constant("\(name).bias", bias, shape: [outputs]),
    ]
    return node(
      "Conv", inputs, name, .integers("kernel_shape", [width]), .integers("pads", [padding, padding]),
      .integers("strides", [stride]), .integers("dilations", [dilation]))
  }

  /// A convolution of each channel by itself, `[B, C, L]` → `[B, C, L]`.
  mutating func depthwise(_ x: Value, _ name: String, dilation: Int) -> Value {
    let (channels, width) = (tensor("\(name).weight").shape[0], tensor("\(name).weight").shape[2])
    let padding = width / 2 * dilation
    return node(
      "Conv", [x, checkpointConstant("\(name).weight")], name, .integer("group", channels),
      .integers("kernel_shape", [width]), .integers("pads", [padding, padding]), .integers("dilations", [dilation]))
  }

  /// A linear layer over the last dimension of `[B, T, in]`.
  mutating func linear(_ x: Value, _ name: String) -> Value {
    let weight = tensor("\(name).weight")
    let (outputs, inputs) = (weight.shape[0], weight.shape[1])
    var transposed = [Float](repeating: 0, count: weight.values.count)
    for o in 0..<outputs {
      for i in 0..<inputs {
        transposed[i * outputs + o] = weight.values[o * inputs + i]
      }
    }
    let product = node(
      "MatMul", [x, constant("\(name).weight", transposed, shape: [inputs, outputs])], "\(name).product")
    return node("Add", [product, checkpointConstant("\(name).bias")], name)
  }

  /// A linear layer of `[B, in]`; `output`: another name for its value.
  mutating func gemm(_ x: Value, _ name: String, output: String? = nil) -> Value {
    let inputs = [x, checkpointConstant("\(name).weight"), checkpointConstant("\(name).bias")]
    return node("Gemm", inputs, output ?? name, .integer("transB", 1))
  }

  /// `v / √(mean(v²) + 1e-6) · weight` over the last dimension.
  mutating func rmsNorm(_ x: Value, _ name: String) -> Value {
    let square = node("Pow", [x, constant("two", [2])], "\(name).square")
    let mean = node("Add", [mean(square, axis: -1, "\(name).mean"), constant("rms.epsilon", [1e-6])], "\(name).sum")
    let unit = node("Div", [x, node("Sqrt", [mean], "\(name).root")], "\(name).unit")
    return node("Mul", [unit, checkpointConstant("\(name).weight")], name)
  }

  /// `v · sigmoid(v)`.
  mutating func silu(_ x: Value, _ name: String) -> Value {
    node("Mul", [x, node("Sigmoid", [x], "\(name).sigmoid")], name)
  }

  /// The mean along `axis`, which stays with extent 1. The axis moved from an attribute to an input with opset 18.
  mutating func mean(_ x: Value, axis: Int, _ name: String) -> Value {
    guard opset >= 18 else {
      return node("ReduceMean", [x], name, .integers("axes", [axis]), .integer("keepdims", 1))
    }
    return node(
      "ReduceMean", [x, indices(axis < 0 ? "last.axis" : "axis.\(axis)", [axis])], name, .integer("keepdims", 1))
  }

  /// The checkpoint's tensor as it is, or with other extents.
  mutating func checkpointConstant(_ name: String, shape: [Int]? = nil) -> Value {
    let tensor = tensor(name)
    return constant(name, tensor.values, shape: shape ?? tensor.shape)
  }
}
