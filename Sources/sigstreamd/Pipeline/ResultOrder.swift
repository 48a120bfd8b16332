/// Puts the batches of each lane back into the order in which they were taken, whichever worker is done first.
struct ResultOrder: Sendable {
  // By lane: the batches that are done, by ticket, and the ticket that comes next.
  private var waiting: [[Int: Batch]] = []
  private var next: [Int] = []

  mutating func add(_ batch: Batch) {
    while waiting.count <= batch.lane {
      waiting.append([:])
      next.append(0)
    }
    waiting[batch.lane][batch.ticket] = batch
  }

  /// Takes a batch that no earlier one is missing before.
  mutating func takeReady() -> Batch? {
    for lane in waiting.indices {
      if let batch = waiting[lane].removeValue(forKey: next[lane]) {
        next[lane] += 1
        return batch
      }
    }
    return nil
  }

  /// Takes a batch, in the order of each lane, though earlier ones are missing, because they will not come.
  mutating func takeAny() -> Batch? {
    for lane in waiting.indices {
      if let ticket = waiting[lane].keys.min() { return waiting[lane].removeValue(forKey: ticket) }
    }
    return nil
  }
}
