import Foundation
import Glibc

/// One of the pipeline's threads: it says when it is ready, and can be waited for.
///
/// Threads of their own, because they block in C (`zmq_msg_recv`, GEMM), which Swift's cooperative pool must not.
final class PipelineThread: Sendable {
  private static let stackBytes = 8 << 20

  private let hasEnded = Monitor(false)

  private init() {}

  /// Starts a thread and waits until it is ready.
  ///
  /// - Parameters:
  ///   - name: what tools show; Linux keeps 15 bytes of it.
  ///   - onFailure: called on the thread with an error that `body` throws after it was ready.
  ///   - body: what the thread does; it calls its argument once, when it is ready.
  /// - Throws: what `body` throws before it is ready.
  static func start<Ready: Sendable>(
    name: String, onFailure: @escaping @Sendable (any Error) -> Void = { _ in },
    body: @escaping @Sendable (_ ready: (Ready) -> Void) throws -> Void
  ) throws -> (thread: PipelineThread, ready: Ready) {
    let (thread, start) = (PipelineThread(), Monitor<Result<Ready, any Error>?>(nil))
    @Sendable func settle(_ result: Result<Ready, any Error>) -> Bool {
      let isFirst = start.withLock { state in
        defer { state = state ?? result }
        return state == nil
      }
      start.notifyAll()
      return isFirst
    }
    let foundation = Thread {
      nameThread(name)
      do {
        try body { _ = settle(.success($0)) }
      } catch {
        if !settle(.failure(error)) { onFailure(error) }
      }
      thread.end()
    }
    foundation.stackSize = stackBytes
    foundation.start()
    return (thread, try start.wait { state in state.map { .done($0) } ?? .wait(untilNanoseconds: nil) }.get())
  }

  /// Names the calling thread for `top -H` and its like; Linux keeps 15 bytes.
  ///
  /// By the kernel's file: Foundation's setter races with its start of the thread and often names nothing, and
  /// `pthread_setname_np` is hidden from Swift.
  private static func nameThread(_ name: String) {
    let file = open("/proc/thread-self/comm", O_WRONLY)
    guard file >= 0 else { return }
    _ = Array(name.utf8.prefix(15)).withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    close(file)
  }

  private func end() {
    hasEnded.withLock { $0 = true }
    hasEnded.notifyAll()
  }

  /// Waits for the thread's end, until `deadline` (`MonotonicClock.nanoseconds()`) at the latest.
  ///
  /// - Returns: whether it has ended.
  func join(untilNanoseconds deadline: Int64) -> Bool {
    hasEnded.wait { hasEnded in
      hasEnded || MonotonicClock.nanoseconds() >= deadline
        ? .done(hasEnded) : .wait(untilNanoseconds: deadline)
    }
  }
}
