import Glibc

/// How many files and connections the process may have open at a time.
enum OpenFileLimit {
  /// Raises the limit to the most that the process may give itself.
  ///
  /// Each client takes one. While none is left, libzmq asks for the connection that waits again and again, which takes a
  /// core. The lower limit that systems start with is for programs that use select(2), which this one does not.
  static func raise() {
    let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
    var limit = rlimit()
    guard getrlimit(files, &limit) == 0, limit.rlim_cur < limit.rlim_max else { return }
    limit.rlim_cur = limit.rlim_max
    // Where the system does not allow that after all, the limit stays what it was.
    _ = setrlimit(files, &limit)
  }
}
