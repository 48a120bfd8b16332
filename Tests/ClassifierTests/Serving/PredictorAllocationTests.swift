import CAllocationCounter
import Testing

@testable import Classifier

/// What a window costs in allocations once a predictor has run.
@Suite(.enabled(if: ac_is_counting())) struct PredictorAllocationTests {
  /// Optimised, nothing at all. Unoptimised code allocates for closures, but never more from one call to the next.
  @Test(arguments: Precision.allCases.filter { $0.obstacle == nil })
  func aWindowAllocatesNothing(precision: Precision) throws {
    let windows = (0..<9).map { n in (0..<128).map { Float($0 % (n + 2)) } }
    let model = Quantiser.quantise(try Model.load(path: Golden.path("tiny")), windows: windows)
    let predictor = Predictor(try PackedModel(model, precision: precision))
    var predictions = Predictions(model.architecture)
    func allocations() -> UInt64 {
      let before = ac_allocations()
      predictor.predict(windows, into: &predictions)
      return ac_allocations() - before
    }
    for _ in 0..<3 { _ = allocations() }
    #if DEBUG
      let expected = allocations()
    #else
      let expected: UInt64 = 0
    #endif
    for _ in 0..<20 {
      #expect(allocations() == expected)
    }
  }
}
