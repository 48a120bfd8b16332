import Testing

@testable import Classifier

@Suite struct InputSpecificationTests {
  private let bench = LayerBench(ParameterLayout(), batch: 1)

  /// Two channels: 1, 3, 5 and 10, 10, 40, then a row that may be padding.
  private static let raw: [Float] = [1, 10, 3, 10, 5, 40, 100, 1000]

  private func scaled(_ input: InputSpecification, valid: Int) -> [Float] {
    let output = bench.matrix(4, 2)
    output.fill(-77)
    Self.raw.withUnsafeBufferPointer { input.scale($0, valid: valid, into: output) }
    return values(output.base, 8)
  }

  @Test func noneTakesSamplesAsTheyAreAndClearsPadding() {
    let input = InputSpecification(sampleRate: 0, window: 8, normalisation: .none)
    #expect(scaled(input, valid: 4) == Self.raw)
    #expect(scaled(input, valid: 3) == [1, 10, 3, 10, 5, 40, 0, 0])
  }

  @Test func fixedSubtractsTheMeanAndDividesByTheDeviation() {
    let input = InputSpecification(sampleRate: 0, window: 8, normalisation: .fixed, mean: [3, 20], std: [2, 10])
    #expect(scaled(input, valid: 4) == [-1, -1, 0, -1, 1, 2, 48.5, 98])
    #expect(scaled(input, valid: 2) == [-1, -1, 0, -1, 0, 0, 0, 0])
  }

  /// Over the three valid rows: means 3 and 20, variances 8/3 and 200.
  @Test func windowUsesItsOwnValidSamplesAlone() {
    let input = InputSpecification(sampleRate: 0, window: 8, normalisation: .window)
    let (a, b) = (Float(1.6329932 + 1e-6), Float(14.142136 + 1e-6))
    let expected = [-2 / a, -10 / b, 0, -10 / b, 2 / a, 20 / b, 0, 0]
    #expect(largestDifference(scaled(input, valid: 3), expected) < 1e-6)
  }

  @Test func aConstantWindowBecomesZeroAndOneSampleToo() {
    let input = InputSpecification(sampleRate: 0, window: 8, normalisation: .window)
    #expect(scaled(input, valid: 1) == [0, 0, 0, 0, 0, 0, 0, 0])
    let output = bench.matrix(4, 1)
    [5, 5, 5, 5].withUnsafeBufferPointer { input.scale($0, valid: 4, into: output) }
    #expect(values(output.base, 4) == [0, 0, 0, 0])
  }

  @Test func largeOffsetsDoNotDrownTheSignal() {
    // A millivolt on an offset of a thousand: deviation 1e-3 · √(1/2).
    let input = InputSpecification(sampleRate: 0, window: 8, normalisation: .window)
    let output = bench.matrix(4, 1)
    let quarter: Float = 0.0009765625  // 2⁻¹⁰, exact beside 1000 in float32
    [1000, 1000 + quarter, 1000, 1000 - quarter].withUnsafeBufferPointer { input.scale($0, valid: 4, into: output) }
    let peak = quarter / (quarter * 0.70710678 + 1e-6)
    #expect(largestDifference(values(output.base, 4), [0, peak, 0, -peak]) < 1e-3)
  }

  struct Wrong: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let specification: InputSpecification

    init(_ name: String, _ change: (inout InputSpecification) -> Void) {
      var specification = InputSpecification(
        sampleRate: 360, window: 64, normalisation: .fixed, mean: [0, 1], std: [1, 2])
      change(&specification)
      (testDescription, self.specification) = (name, specification)
    }
  }

  static let wrong = [
    Wrong("sampleRate") { $0.sampleRate = -1 }, Wrong("sampleRate") { $0.sampleRate = .nan },
    Wrong("sampleRate") { $0.sampleRate = .infinity }, Wrong("window") { $0.window = 0 },
    Wrong("window") { $0.window = 12 }, Wrong("window") { $0.window = -8 }, Wrong("window") { $0.window = 1 << 40 },
    Wrong("mean") { $0.mean = [] }, Wrong("mean") { $0.mean = [0, .nan] }, Wrong("std") { $0.std = [1] },
    Wrong("std") { $0.std = [1, 0] }, Wrong("std") { $0.std = [1, -2] }, Wrong("std") { $0.std = [1, .infinity] },
  ]

  @Test(arguments: wrong)
  func aWrongNumberIsNamed(wrong: Wrong) throws {
    let problem = try #require(wrong.specification.problem(channels: 2))
    #expect(problem.contains(wrong.testDescription))
  }

  @Test func goodSpecificationsHaveNoProblem() {
    #expect(Wrong("") { _ in }.specification.problem(channels: 2) == nil)
    let unscaled = InputSpecification(sampleRate: 0, window: 8, normalisation: .window)
    #expect(unscaled.problem(channels: 7) == nil)
  }
}
