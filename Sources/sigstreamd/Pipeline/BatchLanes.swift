import Windowing

/// A window that waits to be classified.
struct PendingWindow: Sendable {
  /// The feed's place in the configuration.
  var feed: Int
  var stream: String
  var window: Window
  /// `[length, channels]`, in storage of the lanes: empty before they have taken the window and after they gave it up.
  var samples: [Float] = []
}

/// Windows that one model classifies together.
struct Batch: Sendable {
  /// The model's place among the models.
  var lane = 0
  /// Counts the lane's batches from 0, in the order of their windows.
  var ticket = 0
  /// At least 1, at most the largest batch.
  var windows: [PendingWindow] = []
  /// What the model says of each window, once it was asked; more of them are storage left from a larger batch.
  var outcomes: [Classification] = []
}

/// The windows that wait, one lane for each model, and the rule by which batches close. No lock, no clock: `BatchQueue`
/// adds those.
///
/// A batch closes when it is full or its oldest window has waited `maximumDelay`, as in NVIDIA Triton's dynamic batcher.
///
/// Batches come back when their results are sent (`recycle`), and their storage is used again: once as many windows have
/// been under way at a time as ever are, nothing is allocated for another one.
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
    // Storage of windows that are gone.
    var storage: [[Float]] = []
  }
  private var lanes: [Lane]
  // Storage of batches that are gone.
  private var batches: [Batch] = []
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
  /// - Parameter samples: the window's, `[length, channels]`; copied.
  /// - Returns: the oldest window of all, when it had to make room.
  mutating func append(_ window: PendingWindow, samples: Span<Float>, lane: Int, now: Int64) -> PendingWindow? {
    var dropped: PendingWindow?
    if count == capacity, let oldest = oldestLane(where: { _ in true }) {
      dropped = lanes[oldest].entries.removeFirst()?.window
      dropped?.recycleSamples(to: &lanes[oldest].storage)
      count -= 1
    }
    var window = window
    window.samples = lanes[lane].storage.popLast() ?? []
    window.samples.replaceAll(with: samples)
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
    var batch = batches.popLast() ?? Batch()
    (batch.lane, batch.ticket) = (index, lanes[index].nextTicket)
    while batch.windows.count < maximumBatch, let entry = lanes[index].entries.removeFirst() {
      batch.windows.append(entry.window)
    }
    count -= batch.windows.count
    lanes[index].nextTicket += 1
    return batch
  }

  /// Takes back a batch whose results are sent, for its storage, and leaves an empty one.
  mutating func recycle(_ batch: inout Batch) {
    for index in batch.windows.indices {
      batch.windows[index].recycleSamples(to: &lanes[batch.lane].storage)
    }
    batch.windows.removeAll(keepingCapacity: true)
    batches.append(batch)
    batch = Batch()
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

extension PendingWindow {
  fileprivate mutating func recycleSamples(to storage: inout [[Float]]) {
    storage.append(samples)
    samples = []
  }
}

extension [Float] {
  fileprivate mutating func replaceAll(with values: Span<Float>) {
    values.withUnsafeBufferPointer { values in
      if count == values.count {
        withUnsafeMutableBufferPointer { _ = $0.update(fromContentsOf: values) }
      } else {
        self = Array(values)
      }
    }
  }
}
