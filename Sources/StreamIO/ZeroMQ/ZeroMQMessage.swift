import CZeroMQ
import Glibc

/// Storage for one received multipart message. The bytes stay where libzmq put them; the storage is used again for the
/// next message.
package struct ZeroMQMessage: ~Copyable, MessageFrames {
  /// Frames that are kept; a message of more is a mistake of its sender, and `count` tells.
  package static let maximumFrames = 8

  /// Frames of the message, those beyond `maximumFrames` (whose bytes were let go) included.
  package private(set) var count = 0
  /// Bytes of all frames together.
  package private(set) var byteCount = 0

  // libzmq keeps short messages inside zmq_msg_t itself, so these must not move.
  private let parts: UnsafeMutablePointer<zmq_msg_t>

  package init() {
    parts = .allocate(capacity: Self.maximumFrames + 1)
    for index in 0...Self.maximumFrames {
      zmq_msg_init(parts + index)
    }
  }

  deinit {
    for index in 0...Self.maximumFrames {
      zmq_msg_close(parts + index)
    }
    parts.deallocate()
  }

  /// - Precondition: `index` is in 0..<min(count, maximumFrames).
  package borrowing func withFrame<Result, Failure: Error>(
    _ index: Int, _ body: (RawSpan) throws(Failure) -> Result
  ) throws(Failure) -> Result {
    precondition((0..<min(count, Self.maximumFrames)).contains(index), "the message has \(count) frames")
    let part = parts + index
    let bytes = UnsafeRawBufferPointer(start: zmq_msg_data(part), count: zmq_msg_size(part))
    return try body(bytes.bytes)
  }

  /// Receives a whole multipart message, waiting no longer than the socket's timeout for it.
  ///
  /// - Returns: 0, or the `errno` of what went wrong; the message is empty then.
  mutating func receive(from socket: UnsafeMutableRawPointer) -> Int32 {
    let before = count
    // Of what came before, and of frames too many.
    defer { letGo(from: min(count, Self.maximumFrames), to: min(max(before, count), Self.maximumFrames + 1)) }
    count = 0
    byteCount = 0
    var hasMore = true
    while hasMore {
      // Frames too many all go to the one place behind the last.
      let part = parts + min(count, Self.maximumFrames)
      while zmq_msg_recv(part, socket, 0) < 0 {
        let code = zmq_errno()
        if code == EINTR { continue }
        count = 0
        return code
      }
      count += 1
      byteCount += zmq_msg_size(part)
      hasMore = zmq_msg_more(part) != 0
    }
    return 0
  }

  /// Frees the bytes of frames, which a large message may have left behind.
  private func letGo(from first: Int, to end: Int) {
    guard first < end else { return }
    for part in first..<end {
      zmq_msg_close(parts + part)
      zmq_msg_init(parts + part)
    }
  }
}
