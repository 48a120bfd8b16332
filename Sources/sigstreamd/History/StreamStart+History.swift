import Windowing

extension StreamStart {
  private static let largestSample = 1 << 53

  /// Where a stream goes on that an earlier daemon left at `position`.
  ///
  /// - Parameters:
  ///   - isContinued: whether its sender repeats what was not acknowledged, so that the next window is the one behind the
  ///     last in the history. Otherwise samples were lost meanwhile, and the stream begins a new epoch.
  ///   - hopSamples: from one window to the next.
  init(after position: HistoryPosition, isContinued: Bool, hopSamples: Int) {
    // The file may say anything.
    let sample = position.startSample.addingSaturated(hopSamples)
    let isPlausible = (0...Self.largestSample).contains(sample) && (0..<Int.max / 2).contains(position.sequence)
    if isContinued && isPlausible {
      self.init(epoch: position.epoch, sequence: position.sequence + 1, sample: sample)
    } else {
      self.init(epoch: position.epoch.addingSaturated(1))
    }
  }
}
