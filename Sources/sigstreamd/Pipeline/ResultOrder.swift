/// Puts the batches of each lane back into the order in which they were taken, whichever worker is done first.
struct ResultOrder: Sendable {
  // By lane: the batches that are done, by ticket, and the ticket that comes next.
  private var waiting: [[Int: CompletedBatch]]
  private var next: [Int]

  init(lanes: Int) {
    waiting = [[Int: CompletedBatch]](repeating: [:], count: lanes)
    next = [Int](repeating: 0, count: lanes)
  }

  mutating func add(_ batch: CompletedBatch) {
    waiting[batch.lane][batch.ticket] = batch
  }

  /// Takes the batches that no earlier one is missing before.
  mutating func takeReady() -> [CompletedBatch] {
    var ready: [CompletedBatch] = []
    for lane in waiting.indices {
      while let batch = waiting[lane].removeValue(forKey: next[lane]) {
        ready.append(batch)
        next[lane] += 1
      }
    }
    return ready
  }

  /// Takes every batch, in order, because those that are missing will not come.
  mutating func takeAll() -> [CompletedBatch] {
    defer { waiting = [[Int: CompletedBatch]](repeating: [:], count: next.count) }
    return waiting.flatMap { $0.values.sorted { $0.ticket < $1.ticket } }
  }
}
