import Testing

@testable import Classifier

/// A scalar to differentiate: a sum of outputs, each times a fixed random number of size about 1.
struct RandomObjective {
  private let outputs: [Matrix]
  private let weights: [[Float]]

  init(_ outputs: [Matrix], seed: UInt64 = 11) {
    var generator = SplitMix64(seed: seed)
    self.outputs = outputs
    weights = outputs.map { output in
      (0..<output.count).map { _ in
        Float.random(in: 0.3...1, using: &generator) * (Bool.random(using: &generator) ? 1 : -1)
      }
    }
  }

  /// The objective, in double precision from float32 outputs.
  var value: Double { terms.reduce(0, +) }

  /// What rounding of the outputs scales with.
  var magnitude: Double { terms.reduce(0) { $0 + abs($1) } }

  /// Puts the objective's gradient by each output in place.
  func putGradient(into targets: [Matrix]) {
    for (target, weights) in zip(targets, weights) {
      for (i, weight) in weights.enumerated() {
        target[i / target.columns, i % target.columns] = weight
      }
    }
  }

  private var terms: [Double] {
    zip(outputs, weights).flatMap { output, weights in
      weights.enumerated().map { Double($1) * Double(output[$0 / output.columns, $0 % output.columns]) }
    }
  }
}

/// Numbers that an objective depends on, and their gradient as a layer's backward worked it out.
struct Differentiated {
  let name: String
  let values: Matrix
  let gradient: Matrix
}

/// Expects that no gradient disagrees with a finite difference of `objective`, see
/// ``gradientDisagreements(_:of:step:forward:)``.
func expectGradients(
  _ quantities: [Differentiated], of objective: RandomObjective, sourceLocation: SourceLocation = #_sourceLocation,
  forward: () -> Void
) {
  for disagreement in gradientDisagreements(quantities, of: objective, forward: forward) {
    Issue.record("\(disagreement)", sourceLocation: sourceLocation)
  }
}

/// Where a gradient disagrees with a finite difference of `objective`.
///
/// The difference is the central one of fourth order, (8 (f(h) − f(−h)) − (f(2h) − f(−2h))) / 12h. With h = 0.02 and
/// values of size 1 its truncation, h⁴/30 · f⁽⁵⁾, is below 1e-6 of the gradient; what is left is float32's rounding of
/// the outputs, about 2⁻²³ · Σ |terms| / h for each of f's values. A wrong gradient is off by a good part of its tensor's
/// largest, a right one by that rounding and 2e-3 of the largest, for float32's rounding in backward itself.
func gradientDisagreements(
  _ quantities: [Differentiated], of objective: RandomObjective, step h: Float = 0.02, forward: () -> Void
) -> [String] {
  let analytic = quantities.map { quantity in
    (0..<quantity.gradient.count).map { quantity.gradient[$0 / quantity.values.columns, $0 % quantity.values.columns] }
  }
  forward()
  var disagreements: [String] = []
  let rounding = Float(objective.magnitude) * 0x1p-22 / h
  for (quantity, gradient) in zip(quantities, analytic) {
    let largest = gradient.reduce(0) { max($0, abs($1)) }
    for (i, expected) in gradient.enumerated() {
      let (row, column) = (i / quantity.values.columns, i % quantity.values.columns)
      let centre = quantity.values[row, column]
      func value(_ offset: Float) -> Double {
        quantity.values[row, column] = centre + offset
        forward()
        return objective.value
      }
      let difference = 8 * (value(h) - value(-h)) - (value(2 * h) - value(-2 * h))
      quantity.values[row, column] = centre
      let numeric = Float(difference / Double(12 * h))
      if !(abs(numeric - expected) <= 2e-3 * largest + rounding) {
        disagreements.append(
          "\(quantity.name)[\(i)]: backward gives \(expected), a difference \(numeric) (largest \(largest))")
      }
    }
  }
  return disagreements
}
