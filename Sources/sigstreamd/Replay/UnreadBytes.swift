import Glibc

/// What this process has written to Unix sockets (ipc:// endpoints) and their readers have not taken yet.
///
/// libzmq gives up a connection whose peer has closed it even if bytes still lie in the kernel, when its own queue is full at
/// that moment. TCP has no such state, a Unix socket does: so the end of a replay waits until all is read.
enum UnreadBytes {
  /// Returns when nothing is left unread, `limit` is over, or `shouldStop` says so.
  static func waitUntilRead(limit: Duration, shouldStop: () -> Bool) {
    let deadline = MonotonicClock.nanoseconds() + limit.inMicroseconds * 1000
    // libzmq's thread refills the kernel's buffer at once while it has something, so empty twice means all of it is read.
    var emptyReadings = 0
    while emptyReadings < 2, !shouldStop() {
      let now = MonotonicClock.nanoseconds()
      guard now < deadline else { return }
      emptyReadings = count() == 0 ? emptyReadings + 1 : 0
      MonotonicClock.sleep(until: now + 5_000_000, shouldStop: shouldStop)
    }
  }

  /// The bytes in flight on all Unix sockets of this process, standard input and output apart.
  static func count() -> Int {
    (STDERR_FILENO + 1..<1024).reduce(0) { sum, descriptor in
      var address = sockaddr()
      var length = socklen_t(MemoryLayout<sockaddr>.size)
      guard getsockname(descriptor, &address, &length) == 0, address.sa_family == sa_family_t(AF_UNIX) else {
        return sum
      }
      var bytes: Int32 = 0
      // SIOCOUTQ is TIOCOUTQ by another name; a socket that listens has no queue and fails.
      return ioctl(descriptor, UInt(TIOCOUTQ), &bytes) == 0 ? sum + Int(bytes) : sum
    }
  }
}
