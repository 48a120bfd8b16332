import Windowing

/// A window that waits to be classified.
struct PendingWindow: Sendable {
  var feed: LiveFeed
  var stream: String
  var window: Window
  /// When its last sample was acquired, by the monotonic clock in nanoseconds.
  var acquired = Int64(0)
  /// When the window is late, by the monotonic clock in nanoseconds; `Int64.max` without a deadline.
  var due = Int64.max
  /// `[length, channels]`, in storage of the lanes: empty before they have taken the window and after they gave it up.
  var samples: [Float] = []
}

/// Windows that one model classifies together.
struct Batch: Sendable {
  /// The model's lane.
  var lane = 0
  /// The model that gave the outcomes, once it was asked.
  var model: ServedModel?
  /// Counts the lane's batches from 0, in the order of their windows.
  var ticket = 0
  /// When it was taken, by the monotonic clock in nanoseconds.
  var taken = Int64(0)
  /// When its windows had their outcomes, by the same clock.
  var classified = Int64(0)
  /// At least 1, at most the largest batch.
  var windows: [PendingWindow] = []
  /// What the model says of each window, once it was asked; more of them are storage left from a larger batch.
  var outcomes: [Classification] = []
}

/// A feed as the lanes know it.
struct LaneFeed: Sendable {
  /// The lane of the feed's model.
  var lane = 0
  var policy = OverloadPolicy()
}

/// The windows that wait, one lane for each model, and the rules by which batches close and fill. No lock, no clock:
/// `BatchQueue` adds those.
///
/// A batch closes when it is full or its oldest window has waited `maximumDelay`, as in NVIDIA Triton's dynamic batcher.
/// It is full sooner than `maximumBatch` where so many would take longer than half of a feed's deadline.
///
/// Windows are taken earliest deadline first across feeds, which meets every deadline where any order could. From the
/// moment a feed loses windows (expired, dropped or late), and for as long as its deadline, all feeds are served in
/// proportion to their weights instead (start-time fair queueing, Goyal et al. 1996): one that asks for less than its share
/// gets all it asks for. Within a feed its streams take turns.
///
/// A window expires when it would be late after its batch: batches' times are measured for that, from `take` to `recycle`.
///
/// Batches come back when their results are sent (`recycle`), and their storage is used again: once as many windows have
/// been under way at a time as ever are, nothing is allocated for another one.
struct BatchLanes: Sendable {
  private(set) var maximumBatch: Int
  private(set) var maximumDelayNanoseconds: Int64
  /// Windows of each feed that may wait.
  private(set) var capacity: Int
  private(set) var count = 0

  private struct Feed: Sendable {
    var lane = 0
    var policy = OverloadPolicy()
    var queue = FeedQueue()
    // Windows served in the overload, by weight.
    var service = 0.0

    var deadline: Int64 { policy.deadline?.wholeNanoseconds ?? OverloadPolicy.standardDeadlineNanoseconds }
  }
  private struct Lane: Sendable {
    var count = 0
    var nextTicket = 0
    // Of a window in its batch.
    var time = ServiceTime()
    // Storage of windows that are gone.
    var storage: [[Float]] = []
  }
  private var feeds: [Feed]
  private var lanes: [Lane]
  // Storage of batches that are gone.
  private var batches: [Batch] = []
  private var overloadedUntil = Int64.min
  // The service of the feed served last.
  private var service = 0.0

  /// - Parameter feeds: by their places.
  init(feeds: [LaneFeed] = [], maximumBatch: Int, maximumDelayNanoseconds: Int64, capacity: Int) {
    (self.feeds, lanes) = ([], [])
    (self.maximumBatch, self.maximumDelayNanoseconds, self.capacity) = (1, 0, 1)
    _ = configure(maximumBatch: maximumBatch, maximumDelayNanoseconds: maximumDelayNanoseconds, capacity: capacity)
    for (place, feed) in feeds.enumerated() { open(place, feed) }
  }

  /// Changes the rules by which batches close, and how many windows of a feed may wait.
  ///
  /// - Returns: the windows for which there is no room any more, without their samples; none of feeds that lose none.
  mutating func configure(
    maximumBatch: Int, maximumDelayNanoseconds: Int64, capacity: Int
  ) -> [PendingWindow] {
    precondition(maximumBatch >= 1 && maximumDelayNanoseconds >= 0 && capacity >= 1)
    (self.maximumBatch, self.maximumDelayNanoseconds) = (maximumBatch, maximumDelayNanoseconds)
    self.capacity = capacity
    var dropped: [PendingWindow] = []
    for feed in feeds.indices where feeds[feed].policy.whenFull != .block {
      while feeds[feed].queue.count > capacity, let window = removeForRoom(feed: feed) { dropped.append(window) }
    }
    return dropped
  }

  /// Gives a feed a place, which nobody has.
  mutating func open(_ place: Int, _ feed: LaneFeed) {
    while feeds.count <= place { feeds.append(Feed()) }
    while lanes.count <= feed.lane { lanes.append(Lane()) }
    feeds[place] = Feed(lane: feed.lane, policy: feed.policy)
  }

  /// Takes the feed out of its place.
  ///
  /// - Returns: the windows that waited, without their samples.
  mutating func close(_ place: Int) -> [PendingWindow] {
    let lane = feeds[place].lane
    var left: [PendingWindow] = []
    while var window = feeds[place].queue.removeNext()?.window {
      window.recycleSamples(to: &lanes[lane].storage)
      left.append(window)
    }
    removeCount(left.count, lane: lane)
    feeds[place] = Feed()
    return left
  }

  /// The lane of the feed at a place.
  func lane(_ place: Int) -> Int { feeds[place].lane }

  /// Windows of the feed at a place.
  func waiting(_ place: Int) -> Int { feeds[place].queue.count }

  /// Whether the next window of a feed has to wait outside for room.
  func isBlocked(feed: Int) -> Bool {
    feeds[feed].policy.whenFull == .block && feeds[feed].queue.count >= capacity
  }

  /// Adds a window that arrives at `now`.
  ///
  /// - Parameter samples: the window's, `[length, channels]`; copied.
  /// - Returns: the window of the same feed that had to make room, when the feed's queue was full; it may be this one.
  /// - Precondition: the feed is not blocked.
  mutating func append(_ window: PendingWindow, samples: Span<Float>, now: Int64) -> PendingWindow? {
    let (feed, lane) = (window.feed.place, feeds[window.feed.place].lane)
    var dropped: PendingWindow?
    if feeds[feed].queue.count >= capacity {
      noteLoss(feed: feed, now: now)
      dropped = removeForRoom(feed: feed, arriving: window.stream)
      guard dropped != nil else { return window }
    }
    // A feed that had nothing to be served did not save that up.
    if feeds[feed].queue.count == 0 { feeds[feed].service = max(feeds[feed].service, service) }
    var window = window
    window.samples = lanes[lane].storage.popLast() ?? []
    window.samples.replaceAll(with: samples)
    let due = window.due < .max ? window.due : now.addingSaturated(feeds[feed].deadline)
    feeds[feed].queue.append(FeedQueue.Entry(window: window, arrival: now, due: due))
    lanes[lane].count += 1
    count += 1
    return dropped
  }

  /// Takes out a window of the feed, without its samples, as its policy says; nil where it is the one that arrives.
  private mutating func removeForRoom(feed: Int, arriving stream: String? = nil) -> PendingWindow? {
    let (lane, end) = (feeds[feed].lane, feeds[feed].policy.whenFull == .dropNewest ? FeedQueue.End.newest : .oldest)
    guard var window = feeds[feed].queue.removeForRoom(end, arriving: stream) else { return nil }
    window.recycleSamples(to: &lanes[lane].storage)
    removeCount(1, lane: lane)
    return window
  }

  /// Takes the batch that is to be classified now.
  ///
  /// - Parameters:
  ///   - closing: whether whatever waits is due, because nothing more will come.
  ///   - expired: called with each window that is too late to be classified, without its samples.
  /// - Returns: nil when none is due at `now`.
  mutating func take(now: Int64, closing: Bool = false, expired: (PendingWindow) -> Void = { _ in }) -> Batch? {
    removeLate(now: now, expired)
    guard let first = nextFeed(now: now, where: { closing || isDue($0, now: now) }) else { return nil }
    let lane = feeds[first].lane
    var batch = batches.popLast() ?? Batch()
    (batch.lane, batch.ticket, batch.taken) = (lane, lanes[lane].nextTicket, now)
    lanes[lane].nextTicket += 1
    let size = largestBatch(of: lane)
    while batch.windows.count < size, let feed = nextFeed(now: now, where: { $0 == lane }),
      let entry = feeds[feed].queue.removeNext()
    {
      // One that is flagged; those that expire are gone.
      if entry.window.due < now { noteLoss(feed: feed, now: now) }
      if now < overloadedUntil {
        service = feeds[feed].service
        feeds[feed].service += 1 / Double(feeds[feed].policy.weight)
      }
      batch.windows.append(entry.window)
    }
    removeCount(batch.windows.count, lane: lane)
    return batch
  }

  /// Takes back a batch whose results are sent, for its storage and its time, and leaves an empty one.
  mutating func recycle(_ batch: inout Batch, now: Int64) {
    if !batch.windows.isEmpty {
      lanes[batch.lane].time.add(Double(max(0, now - batch.taken)) / Double(batch.windows.count))
    }
    for index in batch.windows.indices {
      batch.windows[index].recycleSamples(to: &lanes[batch.lane].storage)
    }
    batch.windows.removeAll(keepingCapacity: true)
    batch.model = nil
    batches.append(batch)
    batch = Batch()
  }

  /// Takes out all that waits.
  mutating func removeAll() -> [PendingWindow] {
    var all: [PendingWindow] = []
    for feed in feeds.indices {
      while let entry = feeds[feed].queue.removeNext() { all.append(entry.window) }
    }
    count = 0
    for lane in lanes.indices { lanes[lane].count = 0 }
    return all
  }

  /// When the next batch will be due though no further window comes; nil when none waits.
  var nextDeadline: Int64? {
    lanes.indices.compactMap { oldestArrival(of: $0)?.addingSaturated(maximumDelayNanoseconds) }.min()
  }

  // MARK: Lateness

  /// A batch may take this long, so that half of the deadline is left for waiting.
  private static func longestBatch(_ policy: OverloadPolicy) -> Double? {
    policy.deadline.map { Double($0.wholeNanoseconds) / 2 }
  }

  /// Windows of the largest batch whose time leaves every feed of the lane half of its deadline; at least 1.
  private func largestBatch(of lane: Int) -> Int {
    let bound = lanes[lane].time.bound
    guard bound > 0 else { return maximumBatch }
    var longest = Double.infinity
    for feed in feeds where feed.lane == lane { longest = min(longest, Self.longestBatch(feed.policy) ?? .infinity) }
    return max(1, Int(min(Double(maximumBatch), longest / bound)))
  }

  private mutating func removeLate(now: Int64, _ expired: (PendingWindow) -> Void) {
    for index in feeds.indices where feeds[index].policy.whenLate == .expire {
      guard let longest = Self.longestBatch(feeds[index].policy) else { continue }
      let lane = feeds[index].lane
      let size = min(largestBatch(of: lane), lanes[lane].count)
      let time = min(longest, lanes[lane].time.bound * Double(size))
      var removed = 0
      feeds[index].queue.removeDue(before: now.addingSaturated(Int64(time))) { window in
        var window = window
        window.recycleSamples(to: &lanes[lane].storage)
        expired(window)
        removed += 1
      }
      guard removed > 0 else { continue }
      removeCount(removed, lane: lane)
      noteLoss(feed: index, now: now)
    }
  }

  private mutating func noteLoss(feed: Int, now: Int64) {
    if now >= overloadedUntil {
      service = 0
      for index in feeds.indices { feeds[index].service = 0 }
    }
    overloadedUntil = max(overloadedUntil, now.addingSaturated(feeds[feed].deadline))
  }

  // MARK: Order

  /// The feed to be served next, of those with windows in the lanes asked for.
  private func nextFeed(now: Int64, where isEligible: (_ lane: Int) -> Bool) -> Int? {
    let isOverloaded = now < overloadedUntil
    var best: (service: Double, due: Int64, index: Int)?
    for (index, feed) in feeds.enumerated() where isEligible(feed.lane) {
      guard let due = feed.queue.next?.due else { continue }
      let service = isOverloaded ? feed.service : 0
      if best.map({ (service, due) < ($0.service, $0.due) }) ?? true { best = (service, due, index) }
    }
    return best?.index
  }

  private func oldestArrival(of lane: Int) -> Int64? {
    var oldest: Int64?
    for feed in feeds where feed.lane == lane {
      if let arrival = feed.queue.oldestArrival { oldest = min(oldest ?? arrival, arrival) }
    }
    return oldest
  }

  /// Whether the lane's batch is full, or its oldest window has waited long enough.
  private func isDue(_ lane: Int, now: Int64) -> Bool {
    if lanes[lane].count >= largestBatch(of: lane) { return true }
    guard let oldest = oldestArrival(of: lane) else { return false }
    return now >= oldest.addingSaturated(maximumDelayNanoseconds)
  }

  private mutating func removeCount(_ windows: Int, lane: Int) {
    count -= windows
    lanes[lane].count -= windows
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
