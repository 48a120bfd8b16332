import Dispatch
import Glibc
import Synchronization

/// The user's wish, by Ctrl-C (SIGINT) or SIGTERM, that a command ends: it finishes what it has begun and sums up.
///
/// A second signal ends the process at once, with the code shells expect (128 + signal).
final class StopSignal: Sendable {
  /// What a command listens to.
  static let standardSignals = [SIGINT, SIGTERM]

  private let requested = Atomic<Bool>(false)
  // Never touched after `init`: held because a source that nobody holds is cancelled.
  nonisolated(unsafe) private let sources: [any DispatchSourceSignal]

  /// Takes over `signals` from now on.
  /// - Parameter onStop: called once, on a thread of its own, at the first signal; to wake what blocks.
  init(handling signals: [Int32] = [], onStop: @escaping @Sendable () -> Void = {}) {
    let queue = DispatchQueue(label: "sigstreamd.stop-signal")
    sources = signals.map { DispatchSource.makeSignalSource(signal: $0, queue: queue) }
    for (number, source) in zip(signals, sources) {
      signal(number, SIG_IGN)
      source.setEventHandler { [weak self] in
        if self?.request() == true { onStop() } else { exit(128 + number) }
      }
      source.resume()
    }
  }

  deinit {
    for source in sources { source.cancel() }
  }

  /// Whether a signal has come.
  var isRequested: Bool { requested.load(ordering: .acquiring) }

  /// Asks for the end as a signal does; false where it was asked for before.
  @discardableResult
  func request() -> Bool {
    !requested.exchange(true, ordering: .acquiringAndReleasing)
  }
}
