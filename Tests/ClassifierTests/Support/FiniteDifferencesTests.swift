import Testing

@testable import Classifier

/// The check itself: it must tell a wrong gradient from a right one.
@Suite struct FiniteDifferencesTests {
  private let bench = LayerBench(ParameterLayout(), batch: 1)

  @Test(arguments: [1, 1.01, 0.99] as [Float])
  func tellsAGradientThatIsOffByAPercent(factor: Float) {
    let (x, y, dx, dy) = (bench.randomMatrix(2, 3), bench.matrix(2, 3), bench.matrix(2, 3), bench.matrix(2, 3))
    let objective = RandomObjective([y])
    objective.putGradient(into: [dy])
    for i in 0..<6 { dx.base[i] = factor * 2 * x.base[i] * dy.base[i] }
    let disagreements = gradientDisagreements([Differentiated(name: "x", values: x, gradient: dx)], of: objective) {
      for i in 0..<6 { y.base[i] = x.base[i] * x.base[i] }
    }
    #expect(disagreements.isEmpty == (factor == 1))
  }
}
