import CZeroMQ
import Glibc
import Synchronization

/// The set of I/O threads and sockets that live and die together.
///
/// May be shared by threads, unlike the sockets made from it. The end of a context is `shutdown()`, the closing of its
/// sockets on their own threads, and `close()`, in that order.
package final class ZeroMQContext: Sendable {
  // libzmq's contexts are safe to use from any thread, and the pointer never changes.
  nonisolated(unsafe) let handle: UnsafeMutableRawPointer
  private let isClosed = Mutex(false)

  /// - Throws: `ZeroMQError` when the process is out of file descriptors.
  package init() throws(ZeroMQError) {
    guard let handle = zmq_ctx_new() else { throw .last("create a context") }
    // By itself it has room for 1023, of which a monitored socket takes three.
    zmq_ctx_set(handle, ZMQ_MAX_SOCKETS, zmq_ctx_get(handle, ZMQ_SOCKET_LIMIT))
    self.handle = handle
  }

  // Sockets hold their context, so none is left here and this can't block on one.
  deinit { close() }

  /// Wakes every blocked call on the context's sockets; it and all later calls throw an error with `isTerminated`.
  ///
  /// Callable from any thread, any number of times.
  package func shutdown() {
    isClosed.withLock { isClosed in
      if !isClosed { zmq_ctx_shutdown(handle) }
    }
  }

  /// Ends the context: waits until its sockets are closed and what they may still send (their linger) has left.
  package func close() {
    let isFirst = isClosed.withLock { isClosed in
      defer { isClosed = true }
      return !isClosed
    }
    guard isFirst else { return }
    while zmq_ctx_term(handle) != 0 && zmq_errno() == EINTR {}
  }
}
