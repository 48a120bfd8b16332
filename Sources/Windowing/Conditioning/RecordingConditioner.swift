/// Conditions a recording that comes in blocks of any size as a live stream is. Its last frames count as followed by ones like
/// the last, so that the result is as long as the recording, where a live stream would wait for more.
package struct RecordingConditioner {
  private let channels: Int
  private var conditioner: StreamConditioner
  private var hasFrames = false

  package init(_ conditioning: SignalConditioning, channels: Int) {
    self.channels = channels
    conditioner = StreamConditioner(conditioning, channels: channels)
  }

  /// Takes the next frames and hands out what they complete.
  ///
  /// - Parameters:
  ///   - samples: `[n, channels]`, finite.
  ///   - maskedFrames: in ascending order, those of 0..<n whose samples stand in for missing ones.
  ///   - take: called with `[m, channels]`, and the masked ones of 0..<m.
  package mutating func append<Failure: Error>(
    _ samples: Span<Float>, maskedFrames: [Int], take: (Span<Float>, _ maskedFrames: [Int]) throws(Failure) -> Void
  ) throws(Failure) {
    var masked = maskedFrames[...]
    let count = samples.count / channels
    for start in stride(from: 0, to: count, by: conditioner.largestBlock) {
      let end = min(start + conditioner.largestBlock, count)
      let part = masked.prefix { $0 < end }
      masked = masked.dropFirst(part.count)
      conditioner.append(
        samples.extracting(start * channels..<end * channels), maskedFrames: part.map { $0 - start })
      try handOut(take)
    }
    hasFrames = hasFrames || count > 0
  }

  /// Hands out the rest.
  package mutating func finish<Failure: Error>(
    take: (Span<Float>, _ maskedFrames: [Int]) throws(Failure) -> Void
  ) throws(Failure) {
    var missing = hasFrames ? conditioner.delayFrames : 0
    while missing > 0 {
      let added = min(missing, conditioner.largestBlock)
      conditioner.repeatLast(added)
      missing -= added
      try handOut(take)
    }
  }

  private func handOut<Failure: Error>(
    _ take: (Span<Float>, _ maskedFrames: [Int]) throws(Failure) -> Void
  ) throws(Failure) {
    try take(
      conditioner.output.span.extracting(0..<conditioner.outputFrames * channels), conditioner.maskedOutput)
  }
}
