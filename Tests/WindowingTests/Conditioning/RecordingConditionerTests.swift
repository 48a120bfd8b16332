import Testing

@testable import Windowing

struct RecordingConditionerTests {
  @Test(arguments: [(100.0, 75.0), (100, 230), (100, 100)])
  func blocksMakeNoDifferenceToTheBit(input: Double, output: Double) throws {
    let conditioning = try #require(
      try SignalConditioning(from: input, to: output, filters: [.highpass(2, order: 2)]))
    let samples = Sinusoids(parts: [(3, 1, 0), (11, 0.5, 1)]).samples(4000, rateHz: input)
    let masks = [0, 255, 256, 1000, 1999]
    let whole = conditioning.condition(samples, channels: 2, maskedFrames: masks)
    for size in [1, 7, 256, 300, 2000] {
      var conditioner = RecordingConditioner(conditioning, channels: 2)
      var (made, madeMasks) = ([Float](), [Int]())
      func take(_ block: Span<Float>, _ maskedFrames: [Int]) {
        madeMasks += maskedFrames.map { made.count / 2 + $0 }
        block.withUnsafeBufferPointer { made.append(contentsOf: $0) }
      }
      for start in stride(from: 0, to: 2000, by: size) {
        let end = min(start + size, 2000)
        conditioner.append(
          samples.span.extracting(2 * start..<2 * end),
          maskedFrames: (start..<end).filter(masks.contains).map { $0 - start },
          take: take)
      }
      conditioner.finish(take: take)
      #expect(made == whole.samples && madeMasks == whole.maskedFrames, "blocks of \(size)")
    }
  }
}
