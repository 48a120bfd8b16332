import CDispatch
import Glibc

/// Threads of the system's own, which tell when there are no more: Foundation's `Thread` starts nothing then, and says nothing.
enum SystemThread {
  private static let stackBytes = 8 << 20

  private final class Body: Sendable {
    let run: @Sendable () -> Void

    init(_ run: @escaping @Sendable () -> Void) { self.run = run }
  }

  /// Runs `body`, which may block, on a thread of its own.
  ///
  /// - Parameter name: what `top -H` and its like show; Linux keeps 15 bytes of it.
  /// - Throws: `CommandFailure` when the system gives no thread.
  static func start(name: String, _ body: @escaping @Sendable () -> Void) throws(CommandFailure) {
    var (thread, attributes) = (pthread_t(), pthread_attr_t())
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackBytes)
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let context = Unmanaged.passRetained(
      Body {
        show(name)
        body()
      })
    let code = pthread_create(
      &thread, &attributes,
      { context in
        guard let context else { return nil }
        Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run()
        return nil
      }, context.toOpaque())
    guard code == 0 else {
      context.release()
      throw CommandFailure(
        "the system gives no thread for the \(name) (\(String(cString: strerror(code)))): allow more processes and threads "
          + "(TasksMax= of systemd, ulimit -u, --pids-limit of containers), or configure fewer workers",
        exitCode: .systemError)
    }
  }

  /// Names the calling thread, by the kernel's file: `pthread_setname_np` is hidden from Swift.
  private static func show(_ name: String) {
    let file = open("/proc/thread-self/comm", O_WRONLY)
    guard file >= 0 else { return }
    _ = Array(name.utf8.prefix(15)).withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
    close(file)
  }
}
