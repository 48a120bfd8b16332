import Classifier
import Foundation

/// The Transformer, on tokens `[B, T, D]`.
extension GraphBuilder {
  mutating func encoderLayer(_ x: Value, _ name: String, _ architecture: Architecture, tokens: Int) -> Value {
    let attended = attention(rmsNorm(x, "\(name).norm1"), "\(name).attn", architecture, tokens: tokens)
    let middle = node("Add", [x, attended], "\(name).attended")
    let fed = feedForward(rmsNorm(middle, "\(name).norm2"), "\(name).ff")
    return node("Add", [middle, fed], name)
  }

  private mutating func attention(_ x: Value, _ name: String, _ architecture: Architecture, tokens: Int) -> Value {
    let (dim, heads) = (architecture.dim, architecture.heads)
    let headDim = dim / heads
    // [B, T, 3D] → [3, B, H, T, d], for the extent 0 is the input's own.
    let parts = node(
      "Reshape", [linear(x, "\(name).in_proj"), indices("heads.shape", [0, tokens, 3, heads, headDim])],
      "\(name).heads")
    let ordered = node("Transpose", [parts], "\(name).ordered", .integers("perm", [2, 0, 3, 1, 4]))
    let firstAxis = indices("axis.0", [0])
    let qkv = split(ordered, [1, 1, 1], axis: 0, "\(name).qkv")
    let query = rotated(node("Squeeze", [qkv[0], firstAxis], "\(name).q"), "\(name).q", headDim, tokens: tokens)
    let key = rotated(node("Squeeze", [qkv[1], firstAxis], "\(name).k"), "\(name).k", headDim, tokens: tokens)
    let value = node("Squeeze", [qkv[2], firstAxis], "\(name).v")
    let keyColumns = node("Transpose", [key], "\(name).k.columns", .integers("perm", [0, 1, 3, 2]))
    let scale = constant("attention.scale", [1 / Float(headDim).squareRoot()])
    let scores = node("Mul", [node("MatMul", [query, keyColumns], "\(name).products"), scale], "\(name).scores")
    let weights = node("Softmax", [scores], "\(name).weights", .integer("axis", -1))
    let context = node("MatMul", [weights, value], "\(name).context")  // [B, H, T, d]
    let back = node("Transpose", [context], "\(name).by_token", .integers("perm", [0, 2, 1, 3]))
    let joined = node("Reshape", [back, indices("tokens.shape", [0, tokens, dim])], "\(name).joined")
    return linear(joined, "\(name).out_proj")
  }

  /// Rotary embedding of `[B, H, T, d]`: `x · cos + [−x₂, x₁] · sin`, the tables' two halves being alike.
  private mutating func rotated(_ x: Value, _ name: String, _ headDim: Int, tokens: Int) -> Value {
    let half = headDim / 2
    let lastAxis = indices("axis.3", [3])
    let (start, middle, end) = (
      indices("axis.0", [0]), indices("half.head", [half]), indices("whole.head", [headDim])
    )
    let first = node("Slice", [x, start, middle, lastAxis], "\(name).first")
    let second = node("Slice", [x, middle, end, lastAxis], "\(name).second")
    let turned = node(
      "Concat", [node("Neg", [second], "\(name).negative"), first], "\(name).turned", .integer("axis", -1))
    let (cosines, sines) = rotaryTables(headDim, tokens: tokens)
    return node(
      "Add", [node("Mul", [x, cosines], "\(name).cos"), node("Mul", [turned, sines], "\(name).sin")],
      "\(name).rotated")
  }

  /// `[1, 1, T, d]` each: position · 10000^(−2i/d) at i and at i + d/2.
  private mutating func rotaryTables(_ headDim: Int, tokens: Int) -> (cosines: Value, sines: Value) {
    let half = headDim / 2
    let angles = (0..<tokens * headDim).map { index in
      Double(index / headDim) * pow(10_000, -Double(index % half) / Double(half))
    }
    let shape = [1, 1, tokens, headDim]
    return (
      constant("rotary.cos", angles.map { Float(cos($0)) }, shape: shape),
      constant("rotary.sin", angles.map { Float(sin($0)) }, shape: shape)
    )
  }

  private mutating func feedForward(_ x: Value, _ name: String) -> Value {
    let gate = silu(linear(x, "\(name).gate"), "\(name).silu")
    let gated = node("Mul", [gate, linear(x, "\(name).up")], "\(name).gated")
    return linear(gated, "\(name).down")
  }
}
