/// Adds numbered values up in a binary tree over their numbers: 0 + 1, 2 + 3, …, then these sums in pairs, and so on. A
/// value without a partner goes up as it is.
///
/// Floating-point sums depend on their order. This order depends on the number of values alone: who adds up any run of
/// them gets nodes of the one tree, whose sums are the same to the bit as everyone's. Rounding errors grow by the
/// logarithm of the number of values (Higham 1993, "The accuracy of floating point summation").
struct PairwiseSum<Value> {
  /// The sum of the values `index` << `level` up to the next node's.
  struct Node {
    let level: Int
    let index: Int
    let value: Value
  }

  /// From the left; no two of them are the halves of one.
  private(set) var nodes: [Node] = []

  /// Takes in the node to the right of all before.
  ///
  /// - Parameter merge: adds its second argument to its first; the second is not used again.
  mutating func add(_ node: Node, merge: (_ sum: Value, _ added: Value) -> Void) {
    var node = node
    while let last = nodes.last, last.level == node.level, last.index + 1 == node.index, last.index % 2 == 0 {
      merge(last.value, node.value)
      nodes.removeLast()
      node = Node(level: node.level + 1, index: last.index / 2, value: last.value)
    }
    nodes.append(node)
  }

  /// The sum of all values that were added, number 0 first; nil where there were none.
  mutating func finish(merge: (_ sum: Value, _ added: Value) -> Void) -> Value? {
    while nodes.count > 1 {
      let right = nodes.removeLast()
      merge(nodes[nodes.count - 1].value, right.value)
    }
    return nodes.popLast()?.value
  }

  /// Nodes that are left of `count` values in a row, at the most, wherever they begin.
  static func mostNodes(_ count: Int) -> Int {
    min(count, 2 * (Int.bitWidth - count.leadingZeroBitCount))
  }
}

extension PairwiseSum<Void> {
  /// The nodes that are left of the values `range`.
  static func nodes(of range: Range<Int>) -> [Node] {
    var sum = PairwiseSum()
    for index in range { sum.add(Node(level: 0, index: index, value: ())) { _, _ in } }
    return sum.nodes
  }
}
