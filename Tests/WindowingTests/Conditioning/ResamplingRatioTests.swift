import Testing

@testable import Windowing

@Suite struct ResamplingRatioTests {
  @Test(arguments: [
    (360.0, 250.0, 25, 36), (250.0, 360.0, 36, 25), (44_100.0, 16_000.0, 160, 441), (12_000.0, 12_000.0, 1, 1),
    (1000.0, 333.3333333, 1, 3), (4000.0, 0.5, 1, 8000), (0.5, 1000.0, 2000, 1), (12_207.03125, 1000.0, 256, 3125),
  ])
  func isTheSimplestOfWholeNumbers(input: Double, output: Double, up: Int, down: Int) {
    let ratio = ResamplingRatio(from: input, to: output)
    #expect(ratio?.up == up && ratio?.down == down)
  }

  @Test func ratesThatAgreeToAMillionthAreTheSame() {
    #expect(ResamplingRatio(from: 360, to: 360.0003) == .one)
    #expect(ResamplingRatio(from: 360, to: 360.001) != .one)
  }

  @Test func ratiosOfLargeNumbersAreNone() {
    #expect(ResamplingRatio(from: 1, to: 20_000) == nil)
    #expect(ResamplingRatio(from: 1e9, to: 1e-3) == nil)
    #expect(ResamplingRatio(from: 1e-3, to: 1e9) == nil)
  }

  @Test func placesAreThoseOfRationalArithmetic() throws {
    let ratio = try #require(ResamplingRatio(from: 360, to: 250))
    for index in [0, 1, 2, 24, 25, 26, 1_000_000_007] {
      let exact = Double(index) * 36 / 25
      #expect(abs(ratio.inputFrames(ofOutput: index, after: 3) - (exact - 3)) < 1e-6)
      #expect(ratio.nearestInput(ofOutput: index) == Int(exact.rounded()))
    }
    // Far beyond what a product of index and rate could hold.
    #expect(ratio.nearestInput(ofOutput: 25 << 50) == 36 << 50)
  }
}
