import CKernels

/// What the ranks of a group tell each other in an optimiser step: a reduce-scatter and an all-gather.
///
/// Each rank owns a slice of the gradient. It gets the others' sums of that slice, as nodes of the one ``PairwiseSum``
/// over all micro-batches, and finishes the tree. Ranks whose micro-batches are a whole subtree send one node each: with
/// 2ⁿ ranks and equal shares as many bytes as any all-reduce. Running statistics, which are few, are moved by one
/// micro-batch after the other: each rank has a slice of those too, and gets all micro-batches' statistics of it.
final class GradientExchange {
  private let group: any TrainingGroup
  private let layout: ParameterLayout
  /// Of the trainable parameters, by rank.
  let slices: [Range<Int>]
  /// Of the running statistics, by rank.
  private let statistics: [Range<Int>]
  /// The other ranks' nodes of this rank's slice.
  private let received: ArenaMemory
  /// `[micro-batches, statistics]` of the whole batch; this rank's rows, and this rank's columns of the others'.
  private let moments: ArenaMemory

  /// - Parameter parts: micro-batches of a batch, at the most.
  init(_ group: any TrainingGroup, _ layout: ParameterLayout, parts: Int) {
    self.group = group
    self.layout = layout
    slices = GradientNorm.slices(layout, group)
    statistics = group.shares(of: layout.statisticCount)
    received = ArenaMemory(count: Self.receivedCount(group, layout, parts: parts))
    moments = ArenaMemory(count: parts * layout.statisticCount)
  }

  static func byteCount(_ group: any TrainingGroup, _ layout: ParameterLayout, parts: Int) -> Int {
    (receivedCount(group, layout, parts: parts) + parts * layout.statisticCount) * MemoryLayout<Float>.stride
  }

  private static func receivedCount(_ group: any TrainingGroup, _ layout: ParameterLayout, parts: Int) -> Int {
    // Of shorter batches there may be more nodes than of the longest.
    let share = (parts + group.count - 1) / group.count
    let nodes = min(parts, group.count * PairwiseSum<Void>.mostNodes(share))
    return nodes * GradientNorm.slices(layout, group)[group.rank].count
  }

  private func row(_ part: Int) -> UnsafeMutablePointer<Float> {
    moments.base + part * layout.statisticCount
  }

  /// Keeps the batch statistics of micro-batch `part`, which lie behind its gradient.
  func keep(statistics gradient: UnsafePointer<Float>, of part: Int) {
    row(part).update(from: gradient + layout.trainableCount, count: layout.statisticCount)
  }

  /// Leaves the sum of all ranks' micro-batches in `gradient` and moves the running statistics in `parameters`, both in
  /// this rank's slices only.
  ///
  /// - Parameters:
  ///   - nodes: the sums of this rank's micro-batches, which are used up.
  ///   - parts: micro-batches of the batch.
  func reduce(
    _ nodes: [PairwiseSum<UnsafeMutablePointer<Float>>.Node], parts: Int, into gradient: UnsafeMutablePointer<Float>,
    parameters: UnsafeMutablePointer<Float>
  ) {
    let slice = slices[group.rank]
    let shares = group.shares(of: parts)
    let foreign = shares.map { PairwiseSum<Void>.nodes(of: $0) }
    var (sends, receives): ([GroupMessage], [GroupMessage]) = ([], [])
    var free = received.base
    var sum = PairwiseSum<UnsafeMutablePointer<Float>>()
    var all: [PairwiseSum<UnsafeMutablePointer<Float>>.Node] = []
    for rank in 0..<group.count where rank != group.rank {
      sends += nodes.map { message(rank, $0.value, slices[rank]) }
      sends += shares[group.rank].map { message(rank, row($0), statistics[rank]) }
    }
    for rank in 0..<group.count {
      guard rank != group.rank else {
        all += nodes.map { .init(level: $0.level, index: $0.index, value: $0.value + slice.lowerBound) }
        continue
      }
      for node in foreign[rank] {
        receives.append(message(rank, free, 0..<slice.count))
        all.append(.init(level: node.level, index: node.index, value: free))
        free += slice.count
      }
      receives += shares[rank].map { message(rank, row($0), statistics[group.rank]) }
    }
    group.exchange(sends: sends, receives: receives)
    for node in all { sum.add(node) { ck_add($0, $1, slice.count) } }
    if let total = sum.finish(merge: { ck_add($0, $1, slice.count) }), total != gradient + slice.lowerBound {
      (gradient + slice.lowerBound).update(from: total, count: slice.count)
    }
    for part in 0..<parts {
      BatchNorm.move(parameters + layout.trainableCount, by: row(part), statistics[group.rank])
    }
  }

  private func message(_ rank: Int, _ base: UnsafeMutablePointer<Float>, _ range: Range<Int>) -> GroupMessage {
    GroupMessage(rank: rank, floats: UnsafeMutableBufferPointer(start: base + range.lowerBound, count: range.count))
  }

  /// Completes `parameters`, of which each rank has stepped its slices.
  func share(_ parameters: UnsafeMutablePointer<Float>) {
    group.gather(UnsafeMutableBufferPointer(start: parameters, count: layout.trainableCount), slices)
    group.gather(
      UnsafeMutableBufferPointer(start: parameters + layout.trainableCount, count: layout.statisticCount), statistics)
  }
}
