import Foundation
import Glibc
import StreamIO

/// The subscriber in a pipeline's bench: a thread that takes every result, with its age and its place in its stream.
///
/// All results are read for the three fields that are counted; one in a hundred is decoded whole and compared, because a
/// JSON decoder for each would take more of the machine than the daemon does.
final class BenchReceiver: Sendable {
  struct Figures: Sendable {
    var received = 0
    /// Of each stream.
    var receivedByStream: [Int]
    /// Results that did not come, by the jumps in their streams' numbers.
    var lost = 0
    /// Messages that do not say what a result has to.
    var unreadable = 0
    var heartbeats = 0
    var ages = LatencyHistogram()
    /// When the last result came, by the monotonic clock.
    var lastNanoseconds = Int64(0)
  }
  private static let decodedShare = 100
  static let threadName = "subscriber"

  let endpoint: String
  private let context: ZeroMQContext
  private let state: Monitor<Figures>
  private let thread: PipelineThread

  /// Opens the socket on its thread.
  init(streams: Int) throws {
    let context = try ZeroMQContext()
    let state = Monitor(Figures(receivedByStream: [Int](repeating: 0, count: streams)))
    (thread, endpoint) = try PipelineThread.start(name: Self.threadName) { (ready: (String) -> Void) in
      let socket = try ZeroMQSocket(context, .subscribe)
      try socket.setHighWaterMark(0)
      try socket.setLinger(milliseconds: 0)
      try socket.subscribe(prefix: "")
      try socket.bind("tcp://127.0.0.1:*")
      ready(try socket.boundEndpoint())
      try Self.receive(from: socket, streams: streams, into: state)
    }
    (self.context, self.state) = (context, state)
  }

  var figures: Figures { state.withLock { $0 } }

  /// Windows of which no result will come any more.
  var settled: Int { state.withLock { $0.received + $0.lost } }

  func forgetAges() { state.withLock { $0.ages = LatencyHistogram() } }

  /// Waits until `condition` holds.
  ///
  /// - Returns: false when it did not within half a minute.
  func wait(until condition: (Figures) -> Bool) -> Bool {
    let deadline = MonotonicClock.nanoseconds() + 30_000_000_000
    while !condition(figures) {
      guard MonotonicClock.nanoseconds() < deadline else { return false }
      MonotonicClock.sleep(until: MonotonicClock.nanoseconds() + 1_000_000) { false }
    }
    return true
  }

  /// Ends the thread.
  func stop() {
    context.shutdown()
    _ = thread.join(untilNanoseconds: .max)
    context.close()
  }

  // MARK: On the thread

  private static func receive(
    from socket: borrowing ZeroMQSocket, streams: Int, into state: Monitor<Figures>
  ) throws(ZeroMQError) {
    var next = [Int](repeating: 0, count: streams)
    var message = ZeroMQMessage()
    do {
      while true {
        _ = try socket.receive(into: &message)
        let (now, date) = (MonotonicClock.nanoseconds(), MonotonicClock.microsecondsSince1970())
        let isHeartbeat = message.withFrame(0) { $0.byteCount == Heartbeat.topic.count }
        if isHeartbeat {
          state.withLock { $0.heartbeats += 1 }
          continue
        }
        let result = message.withFrame(1) { Self.result($0) }
        state.withLock { figures in
          guard let result, next.indices.contains(result.stream) else {
            figures.unreadable += 1
            return
          }
          figures.received += 1
          figures.receivedByStream[result.stream] += 1
          figures.lost += result.sequence - next[result.stream]
          next[result.stream] = result.sequence + 1
          figures.ages.add(date - result.endMicroseconds)
          figures.lastNanoseconds = now
        }
      }
    } catch {
      if !error.isTerminated { throw error }
    }
  }

  private static func result(_ body: RawSpan) -> (stream: Int, sequence: Int, endMicroseconds: Int64)? {
    body.withUnsafeBytes { bytes in
      guard let stream = integer(after: "\"stream\":\"s", in: bytes),
        let sequence = integer(after: "\"seq\":", in: bytes),
        let end = integer(after: "\"t_end_us\":", in: bytes)
      else { return nil }
      if sequence % decodedShare == 0 {
        guard let result = try? JSONDecoder().decode(WindowResult.self, from: Data(bytes)),
          result.stream == "s\(stream)", result.sequence == sequence, result.endMicroseconds == end
        else { return nil }
      }
      return (stream, sequence, Int64(end))
    }
  }

  /// The digits that follow `key`.
  private static func integer(after key: StaticString, in bytes: UnsafeRawBufferPointer) -> Int? {
    let length = key.utf8CodeUnitCount
    guard let base = bytes.baseAddress, length < bytes.count else { return nil }
    // From the end, where the keys that are asked for stand.
    var start = bytes.count - length
    while memcmp(base + start, key.utf8Start, length) != 0 {
      guard start > 0 else { return nil }
      start -= 1
    }
    var value: Int?
    for byte in bytes[(start + length)...] {
      guard (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) else { break }
      value = (value ?? 0) * 10 + Int(byte - UInt8(ascii: "0"))
    }
    return value
  }
}
