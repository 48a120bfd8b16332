/// Watches a serving pass, layer by layer: for measuring, and for calibrating a quantised model.
package protocol ServingObserver: AnyObject {
  /// A layer begins.
  func begin(_ layer: ServedLayer)
  /// The layer that began last has ended.
  func end(_ layer: ServedLayer)
}

/// One step of a serving pass.
package struct ServedLayer: Sendable {
  /// As its tensors are named: `stages.0.blocks.1.conv1`, `layers.3.attn.in_proj`.
  package let name: String
  /// Multiply-adds that the step does; 0 for element-wise ones.
  package let multiplyAdds: Int
  /// Multiply-adds of the textbook's way to the same result.
  package let directMultiplyAdds: Int
}

/// What the layers of one serving pass share.
struct ServingPass {
  /// Windows that are run together.
  let windows: Int
  /// Valid tokens of each.
  let validTokens: UnsafePointer<Int>
  let observer: (any ServingObserver)?
  let factors: (any FactorObserver)?

  @inline(__always)
  func step(_ name: String, multiplyAdds: Int = 0, direct: Int? = nil, _ body: () -> Void) {
    guard let observer else { return body() }
    let layer = ServedLayer(
      name: name, multiplyAdds: multiplyAdds, directMultiplyAdds: direct ?? multiplyAdds)
    observer.begin(layer)
    body()
    observer.end(layer)
  }
}
