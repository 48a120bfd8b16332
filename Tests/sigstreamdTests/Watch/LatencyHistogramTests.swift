import Testing

@testable import sigstreamd

struct LatencyHistogramTests {
  @Test func quantilesAreWithinOnePercent() throws {
    var histogram = LatencyHistogram()
    for time in 1...100_000 { histogram.add(Int64(time)) }
    for q in [0.5, 0.9, 0.99, 0.999] {
      let quantile = try #require(histogram.quantile(q))
      #expect(abs(Double(quantile) / (q * 100_000) - 1) < 0.011)
    }
    #expect(histogram.quantile(0) == 1)
    #expect(try #require(histogram.quantile(1)) <= 100_000)
  }

  @Test func extremesAreTaken() {
    var histogram = LatencyHistogram()
    #expect(histogram.quantile(0.5) == nil)
    histogram.add(-5)
    #expect(histogram.quantile(0.99) == 0)
    histogram.add(.max)
    #expect(histogram.count == 2)
    #expect(histogram.quantile(0.5) == 0)
    #expect(histogram.quantile(1) == .max)
  }

  @Test func oneTimeIsItsOwnQuantile() {
    var histogram = LatencyHistogram()
    histogram.add(12_345)
    #expect(histogram.quantile(0.5) == 12_345)
    #expect(histogram.quantile(0.99) == 12_345)
  }
}
