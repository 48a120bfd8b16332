/// One of the pipeline's threads: it says when it is ready, and can be waited for.
///
/// Threads of their own, because they block in C (`zmq_msg_recv`, GEMM), which Swift's cooperative pool must not.
final class PipelineThread: Sendable {
  private let hasEnded = Monitor(false)

  private init() {}

  /// Starts a thread and waits until it is ready.
  ///
  /// - Parameters:
  ///   - name: what tools show; Linux keeps 15 bytes of it.
  ///   - onFailure: called on the thread with an error that `body` throws after it was ready.
  ///   - body: what the thread does; it calls its argument once, when it is ready.
  /// - Throws: what `body` throws before it is ready, and `CommandFailure` when the system gives no thread.
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
    try SystemThread.start(name: name) {
      do {
        try body { _ = settle(.success($0)) }
      } catch {
        if !settle(.failure(error)) { onFailure(error) }
      }
      thread.end()
    }
    return (thread, try start.wait { state in state.map { .done($0) } ?? .wait(untilNanoseconds: nil) }.get())
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
