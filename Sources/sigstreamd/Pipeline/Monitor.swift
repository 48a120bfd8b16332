import CDispatch  // Where the compiler finds stat and timespec once NIO is among the modules.
import Glibc

/// What a waiting thread finds when it looks.
enum Attempt<Result> {
  case done(Result)
  /// Look again when something changes, or at this time (`MonotonicClock.nanoseconds()`) at the latest.
  case wait(untilNanoseconds: Int64?)
}

/// State behind a lock, with threads that wait for it to change.
///
/// A condition variable on the monotonic clock: Foundation's waits by the date, which may jump.
final class Monitor<State>: @unchecked Sendable {
  // @unchecked: `state` is touched only with `mutex` held.
  private var state: State
  private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
  private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)

  init(_ state: sending State) {
    self.state = state
    pthread_mutex_init(mutex, nil)
    var attributes = pthread_condattr_t()
    pthread_condattr_init(&attributes)
    pthread_condattr_setclock(&attributes, CLOCK_MONOTONIC)
    pthread_cond_init(condition, &attributes)
    pthread_condattr_destroy(&attributes)
  }

  deinit {
    pthread_cond_destroy(condition)
    pthread_mutex_destroy(mutex)
    condition.deallocate()
    mutex.deallocate()
  }

  func withLock<Result>(_ body: (inout State) throws -> Result) rethrows -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    return try body(&state)
  }

  /// Blocks the thread until `attempt` is done; it is called with the lock held, at once and after each change.
  func wait<Result>(_ attempt: (inout State) -> Attempt<Result>) -> Result {
    pthread_mutex_lock(mutex)
    defer { pthread_mutex_unlock(mutex) }
    while true {
      switch attempt(&state) {
      case .done(let result):
        return result
      case .wait(nil):
        pthread_cond_wait(condition, mutex)
      case .wait(let deadline?):
        var time = timespec(tv_sec: Int(deadline / 1_000_000_000), tv_nsec: Int(deadline % 1_000_000_000))
        pthread_cond_timedwait(condition, mutex, &time)
      }
    }
  }

  /// Lets one waiting thread look again.
  func notifyOne() { pthread_cond_signal(condition) }

  /// Lets every waiting thread look again.
  func notifyAll() { pthread_cond_broadcast(condition) }
}
