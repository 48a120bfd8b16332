import Logging

/// Lines of the log on their way to the thread that writes them, so that a terminal or a journal that is held up holds
/// none of the threads that log.
final class LogQueue: Sendable {
  /// What the thread writes next.
  struct Batch {
    var records: [LogRecord] = []
    /// Records that came after these and found no room.
    var lost = 0
  }

  private struct State: Sendable {
    var batch = Batch()
    var isFinishing = false
  }

  /// Records that may wait, of some hundred bytes each.
  private let capacity: Int
  private let state = Monitor(State())

  init(capacity: Int = 4096) { self.capacity = capacity }

  /// Takes a record, from any thread; never blocks. Where there is no room it is lost, and counted.
  func offer(_ record: LogRecord) {
    state.withLock { state in
      // Not behind one that was lost: what is written is in order, and the count stands where they are missing. Only why the
      // daemon ends is never lost, and comes before the count.
      if record.level == .critical || state.batch.lost == 0 && state.batch.records.count < capacity {
        state.batch.records.append(record)
      } else {
        state.batch.lost += 1
      }
    }
    state.notifyAll()
  }

  /// Waits for records; nil at the end, when all were taken.
  func take() -> Batch? {
    state.wait { state in
      if state.batch.records.isEmpty { return state.isFinishing ? .done(nil) : .wait(untilNanoseconds: nil) }
      defer { state.batch = Batch() }
      return .done(state.batch)
    }
  }

  /// Lets `take` end once it has given all.
  func finish() {
    state.withLock { $0.isFinishing = true }
    state.notifyAll()
  }
}
