import CKernels

/// What one core can do at most, measured: products of numbers that never leave its registers.
package enum CorePeak {
  /// Multiply-adds a second in the products of a precision.
  ///
  /// - Parameter clock: seconds from any beginning.
  package static func multiplyAddsPerSecond(_ precision: Precision, clock: () -> Double) -> Double {
    let format = [Precision.float32: CK_FLOAT32, .bf16: CK_BFLOAT16, .int8: CK_INT8][precision]!
    var best = 0.0
    // Short enough that most runs are not interrupted.
    for _ in 0..<50 {
      let begun = clock()
      let count = ck_peak(format, 100_000)
      best = max(best, Double(count) / (clock() - begun))
    }
    return best
  }
}
