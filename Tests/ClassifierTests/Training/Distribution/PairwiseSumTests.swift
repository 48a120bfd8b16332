import Testing

@testable import Classifier

@Suite struct PairwiseSumTests {
  /// The order of additions, written with brackets.
  private final class Term {
    var text: String
    init(_ text: String) { self.text = text }
  }

  private static func add(_ sum: Term, _ added: Term) { sum.text = "(\(sum.text)+\(added.text))" }

  private static func text(_ nodes: [PairwiseSum<Term>.Node]) -> String? {
    var sum = PairwiseSum<Term>()
    for node in nodes { sum.add(node, merge: add) }
    return sum.finish(merge: add)?.text
  }

  private static func leaves(_ range: Range<Int>) -> [PairwiseSum<Term>.Node] {
    range.map { .init(level: 0, index: $0, value: Term("\($0)")) }
  }

  @Test func valuesAreAddedInPairs() {
    #expect(Self.text([]) == nil)
    #expect(Self.text(Self.leaves(0..<1)) == "0")
    #expect(Self.text(Self.leaves(0..<4)) == "((0+1)+(2+3))")
    #expect(Self.text(Self.leaves(0..<7)) == "(((0+1)+(2+3))+((4+5)+6))")
  }

  /// Any cut of the values into runs: two cuts of up to 20 values, and every value for itself.
  @Test func anyRunsOfValuesGiveTheSameTree() {
    for count in 1...20 {
      let expected = Self.text(Self.leaves(0..<count))
      for first in 0...count {
        for second in first...count {
          let nodes = [0..<first, first..<second, second..<count].flatMap { run in
            var sum = PairwiseSum<Term>()
            for leaf in Self.leaves(run) { sum.add(leaf, merge: Self.add) }
            let kept = PairwiseSum<Void>.nodes(of: run)
            #expect(sum.nodes.map { [$0.level, $0.index] } == kept.map { [$0.level, $0.index] })
            return sum.nodes
          }
          #expect(Self.text(nodes) == expected, "\(count) values, cut at \(first) and \(second)")
        }
      }
    }
  }

  @Test func aRunLeavesNoMoreNodesThanAreSaid() {
    for start in 0..<40 {
      for count in 0..<70 {
        let most = PairwiseSum<Void>.mostNodes(count)
        #expect((0...count).allSatisfy { PairwiseSum<Void>.nodes(of: start..<start + $0).count <= most })
      }
    }
  }

  /// A rank whose share is a subtree sends one message.
  @Test func equalSharesOfAPowerOfTwoAreOneNodeEach() {
    for rank in 0..<8 { #expect(PairwiseSum<Void>.nodes(of: rank * 16..<(rank + 1) * 16).count == 1) }
  }
}
