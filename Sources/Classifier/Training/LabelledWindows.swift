/// Raw windows with their classes: what a model is trained and measured on.
package struct LabelledWindows: Sendable {
  /// `[N, L, C]`
  package let samples: [Float]
  /// L, a multiple of 8.
  package let windowSamples: Int
  /// C
  package let channels: Int
  /// `[N]`, 0 ..< K.
  package let labels: [Int]
  /// For each window the samples that are not padding, `[N]`; nil when none is padded.
  package let valid: [Int]?
  /// Where each window was in the set that these were picked from, `[N]`, so that it can be named.
  package let origins: [Int]

  package init(
    samples: [Float], windowSamples: Int, channels: Int, labels: [Int], valid: [Int]? = nil, origins: [Int]? = nil
  ) {
    precondition(samples.count == labels.count * windowSamples * channels)
    precondition(valid == nil || valid?.count == labels.count)
    precondition(origins == nil || origins?.count == labels.count)
    self.samples = samples
    self.windowSamples = windowSamples
    self.channels = channels
    self.labels = labels
    self.valid = valid
    self.origins = origins ?? Array(labels.indices)
  }

  package var count: Int { labels.count }

  /// SHA-256 of the windows, their classes and their lengths: 64 hexadecimal digits.
  package var digest: String {
    var hash = SHA256()
    samples.withUnsafeBytes { hash.add($0) }
    labels.withUnsafeBytes { hash.add($0) }
    valid?.withUnsafeBytes { hash.add($0) }
    return hash.digest()
  }

  /// The windows `indices`, in their order.
  package func subset(_ indices: [Int]) -> LabelledWindows {
    let size = windowSamples * channels
    var picked: [Float] = []
    picked.reserveCapacity(indices.count * size)
    for index in indices {
      picked.append(contentsOf: samples[index * size..<(index + 1) * size])
    }
    return LabelledWindows(
      samples: picked, windowSamples: windowSamples, channels: channels, labels: indices.map { labels[$0] },
      valid: valid.map { valid in indices.map { valid[$0] } }, origins: indices.map { origins[$0] })
  }

  /// Splits off `share` (0 ..< 1) of each class at random; a class of one window stays in the first part.
  package func stratifiedSplit(share: Double, seed: UInt64) -> (rest: LabelledWindows, part: LabelledWindows) {
    let (rest, part) = stratifiedIndices(share: share, seed: seed)
    return (subset(rest), subset(part))
  }

  /// The windows of such a split, without a copy of them.
  func stratifiedIndices(share: Double, seed: UInt64) -> (rest: [Int], part: [Int]) {
    var generator = SplitMix64(seed: seed)
    var rest: [Int] = []
    var part: [Int] = []
    for label in Set(labels).sorted() {
      let members = labels.indices.filter { labels[$0] == label }.shuffled(using: &generator)
      let taken = min(Int((Double(members.count) * share).rounded()), members.count - 1)
      part += members.prefix(taken)
      rest += members.dropFirst(taken)
    }
    return (rest.sorted(), part.sorted())
  }

  /// Mean and deviation of each channel over all samples that are not padding, `[C]` each; a constant channel's
  /// deviation is given as 1.
  package func channelStatistics() -> (mean: [Float], std: [Float]) {
    // Sums of differences from the first sample: exactly 0 in a constant channel, and no cancellation on an offset.
    let first = samples.prefix(channels).map { Double($0) }
    var sums = [Double](repeating: 0, count: channels)
    var squares = sums
    var count = 0.0
    for n in 0..<self.count {
      count += Double(validSamples(n))
      for r in 0..<validSamples(n) {
        for c in 0..<channels {
          let value = Double(samples[(n * windowSamples + r) * channels + c]) - first[c]
          sums[c] += value
          squares[c] += value * value
        }
      }
    }
    let offsets = sums.map { $0 / count }
    let std = zip(offsets, squares).map { max(0, $1 / count - $0 * $0).squareRoot() }
    return (zip(first, offsets).map { Float($0 + $1) }, std.map { $0 > 0 ? Float($0) : 1 })
  }

  /// Samples of window `index`, `[L, C]`.
  package func window(_ index: Int) -> ArraySlice<Float> {
    let size = windowSamples * channels
    return samples[index * size..<(index + 1) * size]
  }

  /// Whether a channel of window `index` has one value throughout, padding left out.
  package func isConstant(_ index: Int, channel: Int) -> Bool {
    withWindow(index) { window in
      (1..<max(validSamples(index), 1)).allSatisfy { window[$0 * channels + channel] == window[channel] }
    }
  }

  /// Samples of window `index` that are not padding.
  package func validSamples(_ index: Int) -> Int { valid?[index] ?? windowSamples }

  func withWindow<Result>(_ index: Int, _ body: (UnsafeBufferPointer<Float>) -> Result) -> Result {
    let size = windowSamples * channels
    return samples.withUnsafeBufferPointer {
      body(UnsafeBufferPointer(rebasing: $0[index * size..<(index + 1) * size]))
    }
  }
}
