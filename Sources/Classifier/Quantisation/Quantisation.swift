/// What serving in int8 needs beside the weights: how the left factor of each product is stored in 8 bits.
package struct Quantisation: Codable, Sendable, Equatable {
  /// By the product's name, as in ``ServedLayer``. A product that is missing stays in float32.
  package var activations: [String: Range]

  /// `number = (stored − zero) · step`, stored in 0 ... 255.
  package struct Range: Codable, Sendable, Equatable {
    package var step: Float
    package var zero: Int
  }
}

extension Quantisation {
  /// Why the ranges cannot be used, or nil.
  var problem: String? {
    for (product, range) in activations {
      guard range.step.isNormal, range.step > 0, (0...255).contains(range.zero) else {
        return "the range of \(product) needs a positive step and a zero of 0 to 255"
      }
    }
    return nil
  }
}
