import Windowing

/// A window that waits to be classified.
struct PendingWindow: Sendable {
  /// The feed's place in the configuration.
  var feed: Int
  var stream: String
  var window: Window
}

/// Windows that one model classifies together.
struct Batch: Sendable {
  /// The model's place among the models.
  var lane: Int
  /// Counts the lane's batches from 0, in the order of their windows.
  var ticket: Int
  /// At least 1, at most the largest batch.
  var windows: [PendingWindow]
}

/// The windows that wait, one lane for each model, and the rule by which batches close. No lock, no clock: `BatchQueue`
/// adds those.
///
/// A batch closes when it is full or its oldest window has waited `maximumDelay`, as in NVIDIA Triton's dynamic batcher.
struct BatchLanes: Sendable {
  let maximumBatch: Int
  let maximumDelayNanoseconds: Int64
  /// Windows that may wait, in all lanes together.
  let capacity: Int
  private(set) var count = 0

  private struct Entry: Sendable {
    var window: PendingWindow
    // Position in the order of arrival of all lanes, and time of arrival.
    var serial: Int
    var nanoseconds: Int64
  }
  private struct Lane: Sendable {
    var entries = FIFO<Entry>()
    var nextTicket = 0
  }
  private var lanes: [Lane]
  private var nextSerial = 0

  init(lanes: Int, maximumBatch: Int, maximumDelayNanoseconds: Int64, capacity: Int) {
    precondition(lanes >= 1 && maximumBatch >= 1 && maximumDelayNanoseconds >= 0 && capacity >= 1)
    self.lanes = [Lane](repeating: Lane(), count: lanes)
    self.maximumBatch = maximumBatch
    self.maximumDelayNanoseconds = maximumDelayNanoseconds
    self.capacity = capacity
  }

  /// Adds a window that arrives at `now`.
  ///
  /// - Returns: the oldest window of all, when it had to make room.
  mutating func append(_ window: PendingWindow, lane: Int, now: Int64) -> PendingWindow? {
    var dropped: PendingWindow?
    if count == capacity, let oldest = oldestLane(where: { _ in true }) {
      dropped = lanes[oldest].entries.removeFirst()?.window
      count -= 1
    }
    lanes[lane].entries.append(Entry(window: window, serial: nextSerial, nanoseconds: now))
    nextSerial += 1
    count += 1
    return dropped
  }

  /// Takes the batch that is due at `now`; of several, that whose oldest window has waited longest.
  ///
  /// - Parameter closing: whether whatever waits is due, because nothing more will come.
  mutating func take(now: Int64, closing: Bool = false) -> Batch? {
    let due = oldestLane { lane in
      closing || lane.entries.count >= maximumBatch || deadline(of: lane).map { now >= $0 } == true
    }
    guard let index = due else { return nil }
    var windows: [PendingWindow] = []
    while windows.count < maximumBatch, let entry = lanes[index].entries.removeFirst() {
      windows.append(entry.window)
    }
    count -= windows.count
    defer { lanes[index].nextTicket += 1 }
    return Batch(lane: index, ticket: lanes[index].nextTicket, windows: windows)
  }

  /// When the next batch will be due though no further window comes; nil when none waits.
  var nextDeadline: Int64? { lanes.compactMap(deadline(of:)).min() }

  private func deadline(of lane: Lane) -> Int64? {
    lane.entries.first.map { $0.nanoseconds.addingSaturated(maximumDelayNanoseconds) }
  }

  private func oldestLane(where isEligible: (Lane) -> Bool) -> Int? {
    var oldest: (serial: Int, index: Int)?
    for (index, lane) in lanes.enumerated() {
      guard let serial = lane.entries.first?.serial, isEligible(lane) else { continue }
      if oldest.map({ serial < $0.serial }) ?? true { oldest = (serial, index) }
    }
    return oldest?.index
  }
}
