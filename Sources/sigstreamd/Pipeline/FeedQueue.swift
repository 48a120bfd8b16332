/// The windows of one feed that wait: each stream's in their order, the streams taking turns, a window each.
///
/// A stream that sends more than the others waits behind itself, not before them. Storage of streams that have nothing
/// waiting is used again, so that names that come and go cost nothing.
struct FeedQueue: Sendable {
  struct Entry: Sendable {
    var window: PendingWindow
    /// By the monotonic clock, in nanoseconds, …
    var arrival: Int64
    /// … and when the window has to be published, for the order of service.
    var due: Int64
  }
  /// Which of a stream's windows.
  enum End { case oldest, newest }

  /// Windows that wait.
  private(set) var count = 0

  // The streams that have windows waiting, and places that are free.
  private var streams: [FIFO<Entry>] = []
  private var names: [String] = []
  private var free: [Int] = []
  private var places: [String: Int] = [:]
  // The places of the streams with windows, the one whose turn it is first.
  private var turns = FIFO<Int>()
  // No window is due before this.
  private var earliestDue = Int64.max

  /// The window whose turn it is.
  var next: Entry? { turns.first.flatMap { streams[$0].first } }

  /// When the window that has waited longest arrived. O(streams).
  var oldestArrival: Int64? {
    var oldest: Int64?
    for stream in streams {
      if let arrival = stream.first?.arrival { oldest = min(oldest ?? arrival, arrival) }
    }
    return oldest
  }

  mutating func append(_ entry: Entry) {
    let place: Int
    if let known = places[entry.window.stream] {
      place = known
    } else {
      place = makePlace(entry.window.stream)
      turns.append(place)
    }
    streams[place].append(entry)
    earliestDue = min(earliestDue, entry.due)
    count += 1
  }

  /// Takes the window whose turn it is; its stream goes to the end of the line.
  mutating func removeNext() -> Entry? {
    guard let place = turns.removeFirst(), let entry = streams[place].removeFirst() else { return nil }
    count -= 1
    if streams[place].isEmpty { release(place) } else { turns.append(place) }
    return entry
  }

  /// Takes out a window to make room, for one of `stream` where one arrives: of the stream that has the most waiting, so that
  /// none can push the others out.
  ///
  /// - Returns: nil when `stream` itself has the most and its newest is asked for, which is the one that comes.
  mutating func removeForRoom(_ end: End, arriving stream: String? = nil) -> PendingWindow? {
    let own = stream.flatMap { places[$0] }
    let place: Int
    if let own, streams[own].count * places.count >= count {
      place = own
    } else {
      guard let longest = streams.indices.max(by: { streams[$0].count < streams[$1].count }) else { return nil }
      place = longest
    }
    if end == .newest && place == own { return nil }
    let entry = end == .oldest ? streams[place].removeFirst() : streams[place].removeLast()
    guard let entry else { return nil }
    count -= 1
    if streams[place].isEmpty { sweep { _ in } }
    return entry.window
  }

  /// Takes out every window that is due before `limit`. O(streams) when there may be one, else O(1).
  mutating func removeDue(before limit: Int64, _ body: (PendingWindow) -> Void) {
    guard earliestDue < limit else { return }
    earliestDue = .max
    var removed = 0
    var earliest = Int64.max
    sweep { entries in
      while let first = entries.first {
        guard first.due < limit else {
          earliest = min(earliest, first.due)
          return
        }
        if let entry = entries.removeFirst() { body(entry.window) }
        removed += 1
      }
    }
    earliestDue = earliest
    count -= removed
  }

  /// Lets `change` take windows out of every stream; those left without are taken out of the line.
  private mutating func sweep(_ change: (inout FIFO<Entry>) -> Void) {
    for _ in 0..<turns.count {
      guard let place = turns.removeFirst() else { return }
      change(&streams[place])
      if streams[place].isEmpty { release(place) } else { turns.append(place) }
    }
  }

  private mutating func makePlace(_ name: String) -> Int {
    let place: Int
    if let free = free.popLast() {
      place = free
      names[place] = name
    } else {
      place = streams.count
      streams.append(FIFO())
      names.append(name)
    }
    places[name] = place
    return place
  }

  private mutating func release(_ place: Int) {
    places[names[place]] = nil
    names[place] = ""
    free.append(place)
  }
}
