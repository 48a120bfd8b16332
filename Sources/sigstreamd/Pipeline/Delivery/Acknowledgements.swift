import Windowing

/// Which samples of a feed's streams its sender need not keep any more.
///
/// A sample is acknowledged when every window that holds it, or begins before it, is done with: its result is published
/// (and in the history, where there is one), or it was dropped or has expired as the configuration allows.
final class Acknowledgements: Sendable {
  private struct Stream: Sendable {
    var epoch: Int
    /// The first sample of the window to be formed next.
    var nextStart: Int
    /// The windows formed that are not done with, in their order.
    var pending: [(sequence: Int, start: Int)] = []
    /// What the sender was told at the beginning of the connection.
    var greeting = 0

    var position: Int { pending.first?.start ?? nextStart }
  }
  private let streams = Monitor<[String: Stream]>([:])

  /// Index of the first sample of each stream that is not acknowledged, by the stream's name.
  var positions: [String: Int] { streams.withLock { $0.mapValues(\.position) } }

  /// Takes note of what the sender was told at the beginning of its connection.
  func greeted(_ positions: [String: Int]) {
    streams.withLock { streams in
      for (name, position) in positions { streams[name]?.greeting = position }
    }
  }

  /// The index behind which a stream's sender goes back only when it begins anew; 0 when nothing is known of it.
  ///
  /// What it was told since may have come too late: it sends again from where the connection began.
  func greeting(of stream: String) -> Int { streams.withLock { $0[stream]?.greeting ?? 0 } }

  /// Takes note of a window that was formed.
  func formed(_ window: Window, of stream: String) {
    streams.withLock {
      Self.enter(window.epoch, of: stream, at: window.startSample, in: &$0)
      $0[stream]?.pending.append((window.sequence, window.startSample))
    }
  }

  /// Takes note of where the stream's next window begins, once those before it are formed.
  func advance(_ stream: String, epoch: Int, to nextStart: Int) {
    streams.withLock {
      Self.enter(epoch, of: stream, at: nextStart, in: &$0)
      $0[stream]?.nextStart = nextStart
    }
  }

  /// A window is done with; from any thread.
  func ended(sequence: Int, of stream: String) {
    streams.withLock {
      guard let place = $0[stream]?.pending.firstIndex(where: { $0.sequence == sequence }) else { return }
      $0[stream]?.pending.remove(at: place)
    }
  }

  func forget(_ names: [String]) {
    streams.withLock { streams in
      for name in names { streams[name] = nil }
    }
  }

  /// A sender that began anew has none of the earlier epochs' samples.
  private static func enter(_ epoch: Int, of stream: String, at start: Int, in streams: inout [String: Stream]) {
    if streams[stream]?.epoch != epoch { streams[stream] = Stream(epoch: epoch, nextStart: start) }
  }
}
