extension RandomAccessCollection {
  /// The first index whose element is behind a border, as all elements after it are; `endIndex` where none is. By bisection: O(log n).
  package func partitionIndex(where isBehind: (Element) -> Bool) -> Index {
    var (low, count) = (startIndex, self.count)
    while count > 0 {
      let half = count / 2
      let middle = index(low, offsetBy: half)
      if isBehind(self[middle]) {
        count = half
      } else {
        low = index(after: middle)
        count -= half + 1
      }
    }
    return low
  }
}
