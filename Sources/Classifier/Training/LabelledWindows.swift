/// Raw windows with their classes: what a model is trained and measured on. Windows may overlap in the samples they lie in,
/// which every part of a set shares.
package struct LabelledWindows: Sendable {
  private let store: SampleStore
  /// Where in the store each window of the whole set begins; nil: one follows the other.
  private let starts: [Int]?
  /// Of the whole set, where they are known.
  private let traits: WindowTraits?
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

  /// - Parameter samples: `[N, L, C]`
  package init(samples: [Float], windowSamples: Int, channels: Int, labels: [Int], valid: [Int]? = nil) {
    precondition(samples.count == labels.count * windowSamples * channels)
    precondition(valid == nil || valid?.count == labels.count)
    self.init(
      store: .memory(samples), starts: nil, traits: nil, windowSamples: windowSamples, channels: channels,
      labels: labels, valid: valid, origins: Array(labels.indices))
  }

  /// Windows that lie anywhere in `store`.
  ///
  /// - Parameters:
  ///   - starts: the index of each window's first sample, `[N]`.
  ///   - traits: of the windows; nil: to be found out when they are asked for.
  package init(
    in store: SampleStore, starts: [Int], windowSamples: Int, channels: Int, labels: [Int], valid: [Int]? = nil,
    traits: WindowTraits? = nil
  ) {
    precondition(starts.count == labels.count && starts.allSatisfy { $0 >= 0 })
    precondition((starts.max() ?? -windowSamples * channels) + windowSamples * channels <= store.count)
    precondition(valid == nil || valid?.count == labels.count)
    precondition(traits == nil || traits?.digests.count == labels.count)
    self.init(
      store: store, starts: starts, traits: traits, windowSamples: windowSamples, channels: channels, labels: labels,
      valid: valid, origins: Array(labels.indices))
  }

  private init(
    store: SampleStore, starts: [Int]?, traits: WindowTraits?, windowSamples: Int, channels: Int, labels: [Int],
    valid: [Int]?, origins: [Int]
  ) {
    (self.store, self.starts, self.traits) = (store, starts, traits)
    (self.windowSamples, self.channels) = (windowSamples, channels)
    (self.labels, self.valid, self.origins) = (labels, valid, origins)
  }

  package var count: Int { labels.count }

  /// A copy of all windows, `[N, L, C]`.
  package var samples: [Float] { (0..<count).flatMap { window($0) } }

  /// SHA-256 of the windows, their classes and their lengths: 64 hexadecimal digits.
  package var digest: String {
    var hash = SHA256()
    (0..<count).map { windowDigest($0) }.withUnsafeBytes { hash.add($0) }
    labels.withUnsafeBytes { hash.add($0) }
    valid?.withUnsafeBytes { hash.add($0) }
    return hash.digest()
  }

  /// The windows `indices`, in their order, without a copy of them.
  package func subset(_ indices: [Int]) -> LabelledWindows {
    LabelledWindows(
      store: store, starts: starts, traits: traits, windowSamples: windowSamples, channels: channels,
      labels: indices.map { labels[$0] }, valid: valid.map { valid in indices.map { valid[$0] } },
      origins: indices.map { origins[$0] })
  }

  /// The same windows, class k being `classes[k]`.
  package func relabelled(_ classes: [Int]) -> LabelledWindows {
    LabelledWindows(
      store: store, starts: starts, traits: traits, windowSamples: windowSamples, channels: channels,
      labels: labels.map { classes[$0] }, valid: valid, origins: origins)
  }

  /// Splits off `share` (0 ..< 1) of each class at random; a class of one window stays in the first part.
  package func stratifiedSplit(share: Double, seed: UInt64) -> (rest: LabelledWindows, part: LabelledWindows) {
    var generator = SplitMix64(seed: seed)
    var rest: [Int] = []
    var part: [Int] = []
    for label in Set(labels).sorted() {
      let members = labels.indices.filter { labels[$0] == label }.shuffled(using: &generator)
      let taken = min(Int((Double(members.count) * share).rounded()), members.count - 1)
      part += members.prefix(taken)
      rest += members.dropFirst(taken)
    }
    return (subset(rest.sorted()), subset(part.sorted()))
  }

  /// Mean and deviation of each channel over all samples that are not padding, `[C]` each; a constant channel's
  /// deviation is given as 1.
  package func channelStatistics() -> (mean: [Float], std: [Float]) {
    // Sums of differences from the first sample: exactly 0 in a constant channel, and no cancellation on an offset.
    let first = withWindow(0) { $0.prefix(channels).map { Double($0) } }
    var sums = [Double](repeating: 0, count: channels)
    var squares = sums
    var count = 0.0
    for n in 0..<self.count {
      count += Double(validSamples(n))
      withWindow(n) { window in
        for r in 0..<validSamples(n) {
          for c in 0..<channels {
            let value = Double(window[r * channels + c]) - first[c]
            sums[c] += value
            squares[c] += value * value
          }
        }
      }
    }
    let offsets = sums.map { $0 / count }
    let std = zip(offsets, squares).map { max(0, $1 / count - $0 * $0).squareRoot() }
    return (zip(first, offsets).map { Float($0 + $1) }, std.map { $0 > 0 ? Float($0) : 1 })
  }

  /// A copy of the samples of window `index`, `[L, C]`.
  package func window(_ index: Int) -> [Float] { withWindow(index) { Array($0) } }

  /// Whether a channel of window `index` has one value throughout, padding left out.
  package func isConstant(_ index: Int, channel: Int) -> Bool {
    withWindow(index) { window in
      (1..<max(validSamples(index), 1)).allSatisfy { window[$0 * channels + channel] == window[channel] }
    }
  }

  /// Whether every channel of window `index` is constant.
  package func isConstant(_ index: Int) -> Bool {
    traits?.constant[origins[index]] ?? (0..<channels).allSatisfy { isConstant(index, channel: $0) }
  }

  /// Tells window `index` from others.
  package func windowDigest(_ index: Int) -> WindowDigest {
    traits?.digests[origins[index]] ?? withWindow(index) { WindowDigest($0) }
  }

  /// The traits of all windows, for which their samples are read where they are not known.
  package func findTraits() -> WindowTraits {
    WindowTraits(digests: (0..<count).map { windowDigest($0) }, constant: (0..<count).map { isConstant($0) })
  }

  /// Samples of window `index` that are not padding.
  package func validSamples(_ index: Int) -> Int { valid?[index] ?? windowSamples }

  func withWindow<Result>(_ index: Int, _ body: (UnsafeBufferPointer<Float>) -> Result) -> Result {
    let size = windowSamples * channels
    let start = starts?[origins[index]] ?? origins[index] * size
    return store.withSamples { body(UnsafeBufferPointer(rebasing: $0[start..<start + size])) }
  }
}
