import Foundation
import StreamIO
import Windowing

/// The publisher in a pipeline's bench: noise in several streams, one message of each in turn, as a lab would send it.
///
/// A sample counts as acquired when its message is handed to ZeroMQ.
struct BenchFeeder: ~Copyable {
  /// Samples a second that the feed is told, so high that all samples of a message are of the same microsecond.
  static let sampleRateHz = 1e9

  let endpoint: String
  /// Windows that the samples sent so far complete.
  private(set) var windows = 0

  private let socket: ZeroMQSocket
  private let geometry: WindowGeometry
  private let messageFrames: Int
  private let payload: [UInt8]
  // Each stream's header up to its `start`, and the header of the message at hand.
  private let prefixes: [[UInt8]]
  private var header: [UInt8] = []
  // Frames sent of each stream, and the stream that comes next.
  private var sent: [Int]
  private var stream = 0

  /// Opens the socket, a PUSH: it waits when the daemon can't keep up.
  ///
  /// - Parameter messageFrames: frames of each message, at least 1.
  init(geometry: WindowGeometry, streams: Int, messageFrames: Int) throws(ZeroMQError) {
    let socket = try ZeroMQSocket(try ZeroMQContext(), .push)
    try socket.setLinger(milliseconds: 0)
    try socket.bind("tcp://127.0.0.1:*")
    endpoint = try socket.boundEndpoint()
    self.socket = socket
    self.geometry = geometry
    self.messageFrames = messageFrames
    let noise = BenchSignals.windows(1, samples: messageFrames, channels: geometry.channels, seed: 1)[0]
    payload = noise.withUnsafeBytes { Array($0) }
    prefixes = (0..<streams).map { stream in
      let shape = "[\(messageFrames), \(geometry.channels)]"
      return Array(#"{"dtype": "float32", "shape": \#(shape), "source": "s\#(stream)", "start": "#.utf8)
    }
    sent = [Int](repeating: 0, count: streams)
  }

  /// Sends samples until the next message of every stream completes windows.
  mutating func fill() throws(ZeroMQError) {
    while windows(of: messageFrames + (sent.last ?? 0)) == 0 { try send() }
    while stream != 0 { try send() }
  }

  /// Sends messages for `seconds`, waiting while `limit` windows or more are unsettled; ends with a multiple of
  /// `multiple` windows where the messages allow it, so that no batch stays incomplete.
  mutating func send(
    for seconds: Double, inFlight limit: Int, multiple: Int, receiver: BenchReceiver
  ) throws(ZeroMQError) {
    let (before, end) = (windows, MonotonicClock.nanoseconds() + Int64(seconds * 1e9))
    var (goal, settled) = (0, receiver.settled)
    while windows - before < goal || MonotonicClock.nanoseconds() < end {
      if windows - before >= goal { goal += multiple }
      while windows - settled >= limit {
        MonotonicClock.sleep(until: MonotonicClock.nanoseconds() + 1_000_000) { false }
        settled = receiver.settled
      }
      try send()
    }
  }

  /// Sends messages for `seconds` at a steady pace that completes `windowsPerSecond`; those that fall due within the same
  /// 200 µs go together, so that waking up costs the sender no more than sending.
  mutating func send(for seconds: Double, windowsPerSecond: Double) throws(ZeroMQError) {
    let interval = Double(messageFrames) / Double(geometry.hopSamples) / windowsPerSecond * 1e9
    let start = MonotonicClock.nanoseconds()
    var now = start
    for message in 0..<Int(seconds * 1e9 / interval) {
      let due = start + Int64(Double(message) * interval)
      if due > now {
        MonotonicClock.sleep(until: max(due, now + 200_000)) { false }
        now = MonotonicClock.nanoseconds()
      }
      try send()
    }
  }

  private mutating func send() throws(ZeroMQError) {
    header.removeAll(keepingCapacity: true)
    header.append(contentsOf: prefixes[stream])
    header.append(contentsOf: String(sent[stream]).utf8)
    header.append(contentsOf: ", \"t_us\": ".utf8)
    header.append(contentsOf: String(MonotonicClock.microsecondsSince1970()).utf8)
    header.append(UInt8(ascii: "}"))
    guard try socket.send(header.span.bytes, hasMore: true), try socket.send(payload.span.bytes, hasMore: false) else {
      preconditionFailure("without a timeout a socket sends or fails")
    }
    windows -= windows(of: sent[stream])
    sent[stream] += messageFrames
    windows += windows(of: sent[stream])
    stream = (stream + 1) % sent.count
  }

  /// Windows that the first `frames` frames of a stream complete.
  private func windows(of frames: Int) -> Int {
    frames < geometry.lengthSamples ? 0 : (frames - geometry.lengthSamples) / geometry.hopSamples + 1
  }
}
