import Classifier
import Foundation

/// Puts an ONNX graph together, node by node in the order of computation.
///
/// A value has the name of the node that makes it, and nodes and constants the names of the checkpoint's tensors, so
/// that what is seen in a viewer is found in `docs/model.md`.
struct GraphBuilder {
  /// What a node or constant makes: the name by which others take it.
  struct Value {
    let name: String
  }

  let opset: Int
  private let tensors: [String: ModelTensor]
  private var nodes: [ONNXNode] = []
  private var constants: [ONNXTensor] = []
  private var constantNames: Set<String> = []

  init(_ model: Model, opset: Int) {
    self.opset = opset
    tensors = model.tensors()
  }

  /// The model's tensor `name`, which the architecture says is there.
  func tensor(_ name: String) -> ModelTensor {
    guard let tensor = tensors[name] else { preconditionFailure("a model without the tensor \(name)") }
    return tensor
  }

  /// Adds a node with one output.
  mutating func node(_ type: String, _ inputs: [Value], _ name: String, _ attributes: Attribute...) -> Value {
    append(type, inputs, outputs: [name], name, attributes)
    return Value(name: name)
  }

  /// Splits `x` along `axis` into parts of the given sizes, named `name.0`, `name.1`, ….
  mutating func split(_ x: Value, _ sizes: [Int], axis: Int, _ name: String) -> [Value] {
    let outputs = sizes.indices.map { "\(name).\($0)" }
    let sizes = indices("\(name).sizes", sizes)
    append("Split", [x, sizes], outputs: outputs, name, [.integer("axis", axis)])
    return outputs.map(Value.init)
  }

  /// Adds numbers `values`, row-major, of the given shape (none: a scalar). Those of a name that is there already are
  /// taken for the same.
  mutating func constant(_ name: String, _ values: [Float], shape: [Int] = []) -> Value {
    assert(shape.reduce(1, *) == values.count, "\(name)")
    return addConstant(
      name, shape: shape, .float, values.map { $0.bitPattern.littleEndian }.withUnsafeBytes { Data($0) })
  }

  /// Adds a vector of whole numbers: extents, axes, positions.
  mutating func indices(_ name: String, _ values: [Int]) -> Value {
    addConstant(
      name, shape: [values.count], .int64, values.map { Int64($0).littleEndian }.withUnsafeBytes { Data($0) })
  }

  /// The graph with `input` and `outputs`, whose values are nodes' names.
  func graph(named name: String, input: ONNXValueInfo, outputs: [ONNXValueInfo]) -> ONNXGraph {
    var graph = ONNXGraph()
    graph.name = name
    graph.node = nodes
    graph.initializer = constants
    graph.input = [input]
    graph.output = outputs
    return graph
  }

  private mutating func append(
    _ type: String, _ inputs: [Value], outputs: [String], _ name: String, _ attributes: [Attribute]
  ) {
    var node = ONNXNode()
    node.opType = type
    node.name = name
    node.input = inputs.map(\.name)
    node.output = outputs
    node.attribute = attributes.map(\.message)
    nodes.append(node)
  }

  private mutating func addConstant(_ name: String, shape: [Int], _ type: ONNXElementType, _ bytes: Data) -> Value {
    guard constantNames.insert(name).inserted else { return Value(name: name) }
    var tensor = ONNXTensor()
    tensor.name = name
    tensor.dims = shape.map(Int64.init)
    tensor.dataType = type
    tensor.rawData = bytes
    constants.append(tensor)
    return Value(name: name)
  }
}

extension GraphBuilder {
  /// A named setting of a node.
  enum Attribute {
    case integer(String, Int)
    case integers(String, [Int])

    fileprivate var message: ONNXAttribute {
      var attribute = ONNXAttribute()
      switch self {
      case .integer(let name, let value):
        attribute.name = name
        attribute.i = Int64(value)
        attribute.type = .int
      case .integers(let name, let values):
        attribute.name = name
        attribute.ints = values.map(Int64.init)
        attribute.type = .ints
      }
      return attribute
    }
  }
}
