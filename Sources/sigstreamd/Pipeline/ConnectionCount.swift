import StreamIO

/// What a socket's connections have gone through since the last look at them.
struct ConnectionCount {
  /// Made anew after one was lost.
  private(set) var reconnects = 0
  /// Peers that were not let in.
  private(set) var refused = 0
  // Lost and not made anew.
  private var lost = 0
  // Refused ones, whose loss libzmq tells of too.
  private var failing = 0

  /// Takes what has happened since; the counts are of that alone.
  mutating func update(_ monitor: borrowing ConnectionMonitor) throws(ZeroMQError) {
    (reconnects, refused) = (0, 0)
    while let event = try monitor.next() { add(event) }
  }

  mutating func add(_ event: ConnectionMonitor.Event) {
    switch event {
    case .refused:
      refused += 1
      failing += 1
    case .lost where failing > 0: failing -= 1
    case .lost: lost += 1
    case .made where lost > 0:
      lost -= 1
      reconnects += 1
    case .made: break
    }
  }
}
