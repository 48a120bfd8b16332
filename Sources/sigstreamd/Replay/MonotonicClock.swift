import CDispatch  // Where the compiler finds stat and timespec once NIO is among the modules.
import Glibc

/// The clock that no adjustment of the date moves (CLOCK_MONOTONIC), and the date itself.
enum MonotonicClock {
  /// The time since an arbitrary moment, in nanoseconds.
  static func nanoseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// The date, in microseconds since 1970.
  static func microsecondsSince1970() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1000
  }

  /// Waits until `deadline`, as `nanoseconds()` counts, or until `shouldStop` says so, which is asked at least ten times a
  /// second.
  static func sleep(until deadline: Int64, shouldStop: () -> Bool) {
    while !shouldStop() {
      let now = nanoseconds()
      guard now < deadline else { return }
      let wake = min(deadline, now + 100_000_000)
      var time = timespec(tv_sec: Int(wake / 1_000_000_000), tv_nsec: Int(wake % 1_000_000_000))
      clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil)
    }
  }
}
