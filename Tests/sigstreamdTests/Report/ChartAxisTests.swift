import Testing

@testable import sigstreamd

struct ChartAxisTests {
  @Test func ticksAreRoundNumbersThatSpanTheValues() {
    let axis = ChartAxis(fitting: [0.13, 2.2])
    // A fifth of 2.07 is 0.41, the next round number 0.5.
    #expect(axis.ticks == [0, 0.5, 1, 1.5, 2, 2.5])
    #expect((axis.lower, axis.upper) == (0, 2.5))
    #expect(ChartAxis(fitting: [0, 1]).ticks.map(ChartAxis.text) == ["0", "0.2", "0.4", "0.6", "0.8", "1"])
    #expect(ChartAxis(fitting: [0, 3e-4]).ticks.map(ChartAxis.text) == ["0", "0.0001", "0.0002", "0.0003"])
  }

  @Test func withoutRoundingTheRangeIsThatOfTheValues() {
    let axis = ChartAxis(fitting: [1, 6], rounding: false)
    #expect((axis.lower, axis.upper) == (1, 6) && axis.ticks == [1, 2, 3, 4, 5, 6])
    #expect(axis.place(3.5, length: 100) == 50)
    #expect(ChartAxis(fitting: [1, 3], leastStep: 1, rounding: false).ticks == [1, 2, 3])
  }

  @Test(
    arguments: [
      [], [.nan], [.infinity, -.infinity], [0], [5], [-3, -3], [1e300, 1e300], [-1e308, 1e308],
      [0, .leastNonzeroMagnitude],
      [1, 1 + 1e-15],
    ] as [[Double]])
  func anyValuesGiveAnAxis(values: [Double]) {
    for rounding in [true, false] {
      let axis = ChartAxis(fitting: values, rounding: rounding)
      #expect(axis.lower < axis.upper || !(axis.upper - axis.lower).isFinite)
      #expect(axis.ticks.count <= 50)
    }
  }
}
