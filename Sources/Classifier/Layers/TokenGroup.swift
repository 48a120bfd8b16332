/// Some windows of a batch that the Transformer works on together: few enough that what one layer makes of them stays in
/// the cache for the next.
struct TokenGroup {
  /// Places in the batch.
  let windows: Range<Int>
  /// Tokens T of a window.
  let tokens: Int
  /// Tokens of each window of the batch that are not padding.
  let valid: [Int]

  /// The group's rows of a matrix `[B·T, …]`.
  var rows: Range<Int> { windows.lowerBound * tokens..<windows.upperBound * tokens }

  /// Rows of groups going forward, and back: there each group is added to all weights' gradients.
  private static let (rowsForward, rowsBack) = (128, 512)

  static func forward(batch: Int, tokens: Int, valid: [Int]) -> [TokenGroup] {
    groups(rowsForward, batch, tokens, valid)
  }

  static func back(batch: Int, tokens: Int, valid: [Int]) -> [TokenGroup] {
    groups(rowsBack, batch, tokens, valid)
  }

  /// Rows of the largest group.
  static func mostRows(batch: Int, tokens: Int) -> Int { min(batch, max(1, rowsBack / tokens)) * tokens }

  private static func groups(_ rows: Int, _ batch: Int, _ tokens: Int, _ valid: [Int]) -> [TokenGroup] {
    let count = max(1, rows / tokens)
    return stride(from: 0, to: batch, by: count).map {
      TokenGroup(windows: $0..<min($0 + count, batch), tokens: tokens, valid: valid)
    }
  }
}
