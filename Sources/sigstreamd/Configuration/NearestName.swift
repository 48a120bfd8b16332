/// Finds the name that a misspelt one was probably meant to be.
enum NearestName {
  /// The name nearest to `name`, or nil where none is near: more than a third of the letters would have to change.
  ///
  /// Case, `_` and `-` are no difference, so `sample_rate` is `sampleRate`.
  static func of(_ name: String, among names: [String]) -> String? {
    let wanted = fold(name)
    let scored = names.map { (name: $0, distance: distance(wanted, fold($0))) }
    guard let best = scored.min(by: { $0.distance < $1.distance }) else { return nil }
    return best.distance <= max(1, max(wanted.count, best.name.count) / 3) ? best.name : nil
  }

  /// The number of insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b`
  /// (optimal string alignment). O(a.count · b.count).
  static func distance(_ a: [Character], _ b: [Character]) -> Int {
    var twoBack: [Int] = []
    var previous = Array(0...b.count)
    for i in a.indices {
      var row = [i + 1]
      row.reserveCapacity(b.count + 1)
      for j in b.indices {
        let substitution = previous[j] + (a[i] == b[j] ? 0 : 1)
        var best = min(substitution, previous[j + 1] + 1, row[j] + 1)
        if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, twoBack[j - 1] + 1) }
        row.append(best)
      }
      twoBack = previous
      previous = row
    }
    return previous[b.count]
  }

  /// The letters compared; a key of absurd length counts by its beginning.
  private static func fold(_ name: String) -> [Character] {
    Array(name.lowercased().filter { $0 != "_" && $0 != "-" }.prefix(64))
  }
}
