/// Why samples can't be conditioned as asked.
package enum ConditioningError: Error, Sendable, Equatable, CustomStringConvertible {
  case filter(SignalFilter, problem: String)
  /// The rates have no ratio of whole numbers up to `ResamplingRatio.largest`.
  case ratio(inputHz: Double, outputHz: Double)

  package var description: String {
    switch self {
    case .filter(_, let problem): problem
    case .ratio(let input, let output):
      "no ratio of whole numbers up to \(ResamplingRatio.largest) leads from \(input) to \(output) samples a second"
    }
  }
}

/// What is done to samples before windows are cut from them: filters at the rate that they come at, then another rate.
/// Designed once, and shared by all streams of a feed.
package struct SignalConditioning: Sendable, Equatable {
  package let inputRateHz: Double
  /// The input's, times the ratio.
  package let outputRateHz: Double
  let sections: [Biquad]
  let kernel: ResamplingKernel?

  /// Output frames for input frames.
  package var ratio: ResamplingRatio { kernel?.ratio ?? .one }
  /// How much later than its samples an output sample comes.
  package var delaySeconds: Double { Double(kernel?.halfWidth ?? 0) / inputRateHz }

  /// Nil where there is nothing to do.
  ///
  /// - Parameters:
  ///   - inputRateHz: at which samples come, above 0.
  ///   - outputRateHz: at which windows are cut, above 0.
  ///   - filters: in their order.
  package init?(
    from inputRateHz: Double, to outputRateHz: Double, filters: [SignalFilter] = []
  ) throws(ConditioningError) {
    guard let ratio = ResamplingRatio(from: inputRateHz, to: outputRateHz) else {
      throw .ratio(inputHz: inputRateHz, outputHz: outputRateHz)
    }
    for filter in filters {
      if let problem = filter.problem(sampleRateHz: inputRateHz) { throw .filter(filter, problem: problem) }
    }
    if ratio == .one && filters.isEmpty { return nil }
    self.inputRateHz = inputRateHz
    self.outputRateHz = inputRateHz * Double(ratio.up) / Double(ratio.down)
    sections = filters.flatMap { $0.sections(sampleRateHz: inputRateHz) }
    kernel = ratio == .one ? nil : ResamplingKernel(ratio)
  }

  /// A whole recording, conditioned as by a ``RecordingConditioner``.
  ///
  /// - Parameters:
  ///   - samples: `[n, channels]`, finite.
  ///   - maskedFrames: in ascending order, those of 0..<n whose samples stand in for missing ones.
  /// - Returns: `[m, channels]`, and the masked ones of 0..<m.
  package func condition(
    _ samples: [Float], channels: Int, maskedFrames: [Int]
  ) -> (samples: [Float], maskedFrames: [Int]) {
    var conditioner = RecordingConditioner(self, channels: channels)
    var (result, masks) = ([Float](), [Int]())
    result.reserveCapacity(samples.count / ratio.down * ratio.up + channels)
    func take(_ block: Span<Float>, _ maskedFrames: [Int]) {
      masks += maskedFrames.map { result.count / channels + $0 }
      block.withUnsafeBufferPointer { result.append(contentsOf: $0) }
    }
    conditioner.append(samples.span, maskedFrames: maskedFrames, take: take)
    conditioner.finish(take: take)
    return (result, masks)
  }
}
