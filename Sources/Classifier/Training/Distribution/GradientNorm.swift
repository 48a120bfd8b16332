import CKernels

/// The global norm of a gradient: squares are summed in blocks, then the blocks' sums in their order, so that ranks which
/// each have a slice of whole blocks get the same number.
enum GradientNorm {
  /// Floats.
  private static let block = 4096

  private static func blockCount(_ layout: ParameterLayout) -> Int { (layout.trainableCount + block - 1) / block }

  /// The slice of the trainable parameters of each rank: whole blocks, but for the last one.
  static func slices(_ layout: ParameterLayout, _ group: any TrainingGroup) -> [Range<Int>] {
    group.shares(of: blockCount(layout)).map {
      min($0.lowerBound * block, layout.trainableCount)..<min($0.upperBound * block, layout.trainableCount)
    }
  }

  /// - Parameter gradient: in the layout of the parameters; only this rank's slice is read.
  static func norm(_ gradient: UnsafePointer<Float>, _ layout: ParameterLayout, _ group: any TrainingGroup) -> Double {
    var sums = [Double](repeating: 0, count: blockCount(layout))
    for i in group.share(of: sums.count) {
      let start = i * block
      sums[i] = ck_sum_of_squares(gradient + start, min(block, layout.trainableCount - start))
    }
    sums.withUnsafeMutableBufferPointer { group.gather($0, group.shares(of: $0.count)) }
    return sums.reduce(0, +).squareRoot()
  }
}
