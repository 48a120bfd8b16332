import Foundation
import Glibc

/// Tells the service manager how the daemon is doing, as sd_notify(3) has it: datagrams of `NAME=value` lines to the
/// socket that `NOTIFY_SOCKET` names. Without that variable, under no service manager, it does nothing.
struct SystemdNotifier: Sendable {
  /// The socket's address, in the file system or, after `@`, in the abstract name space; nil where there is none.
  private let address: String?
  /// How often the service manager wants to hear `watchdog()`: half the time after which it acts, 10 ms at the least; nil if
  /// it doesn't.
  let watchdogInterval: Duration?

  /// - Parameters:
  ///   - environment: the process's environment.
  ///   - processIdentifier: the process that `WATCHDOG_PID`, where it is set, has to name.
  init(
    environment: [String: String] = ProcessInfo.processInfo.environment,
    processIdentifier: Int32 = ProcessInfo.processInfo.processIdentifier
  ) {
    address = environment["NOTIFY_SOCKET"].flatMap { $0.hasPrefix("/") || $0.hasPrefix("@") ? $0 : nil }
    let isForUs = environment["WATCHDOG_PID"].map { $0 == String(processIdentifier) } ?? true
    watchdogInterval = environment["WATCHDOG_USEC"].flatMap { Int64($0) }.flatMap { microseconds in
      isForUs && microseconds > 0 ? .microseconds(max(10_000, microseconds / 2)) : nil
    }
  }

  /// The daemon is up: its sockets are open, its models loaded.
  @discardableResult
  func ready(status: String) -> Bool { send("READY=1\n\(Self.status(status))") }

  /// The daemon has begun to read its configuration anew; `ready` ends that.
  @discardableResult
  func reloading() -> Bool { send("RELOADING=1\nMONOTONIC_USEC=\(MonotonicClock.nanoseconds() / 1000)") }

  /// The daemon has begun to stop.
  @discardableResult
  func stopping(status: String) -> Bool { send("STOPPING=1\n\(Self.status(status))") }

  /// A line for `systemctl status`.
  @discardableResult
  func status(_ text: String) -> Bool { send(Self.status(text)) }

  /// The daemon is alive.
  @discardableResult
  func watchdog() -> Bool { send("WATCHDOG=1") }

  private static func status(_ text: String) -> String {
    "STATUS=\(text.split(whereSeparator: \.isNewline).joined(separator: " "))"
  }

  /// Sends one datagram and says whether it went out. Never blocks: a manager that doesn't read must not stop the daemon.
  private func send(_ message: String) -> Bool {
    guard let address, let name = Self.socketAddress(address) else { return false }
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return false }
    defer { close(descriptor) }
    let bytes = Array(message.utf8)
    let flags = Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)
    let sent = withUnsafePointer(to: name.address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        sendto(descriptor, bytes, bytes.count, flags, $0, name.length)
      }
    }
    return sent == bytes.count
  }

  /// The address that `text` stands for; nil where it is longer than the system allows. An abstract name begins with a
  /// zero byte and ends with the length, a path with a zero byte.
  static func socketAddress(_ text: String) -> (address: sockaddr_un, length: socklen_t)? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(text.utf8)
    guard bytes.count > 1, bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return nil }
    let isAbstract = bytes[0] == UInt8(ascii: "@")
    if isAbstract { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let head = MemoryLayout<sockaddr_un>.size - MemoryLayout.size(ofValue: address.sun_path)
    return (address, socklen_t(head + bytes.count + (isAbstract ? 0 : 1)))
  }
}
