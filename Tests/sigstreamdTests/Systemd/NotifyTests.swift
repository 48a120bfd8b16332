import Foundation
import Glibc
import Testing

@testable import sigstreamd

/// The service manager's side of sd_notify: a datagram socket bound to `address`.
private struct NotifySocket: ~Copyable {
  let descriptor: Int32
  let address: String

  init(_ address: String) throws {
    self.address = address
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    let name = try #require(SystemdNotifier.socketAddress(address))
    let result = withUnsafePointer(to: name.address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { bind(descriptor, $0, name.length) }
    }
    try #require(result == 0)
  }

  deinit {
    close(descriptor)
    if address.hasPrefix("/") { unlink(address) }
  }

  /// The datagram that has come; nil when none has.
  func receive() -> String? {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &buffer, buffer.count, Int32(MSG_DONTWAIT))
    return count < 0 ? nil : String(decoding: buffer[..<count], as: UTF8.self)
  }
}

struct NotifyTests {
  @Test(arguments: [
    "@sigstreamd-test-\(UUID().uuidString)", "/tmp/sigstreamd-test-\(UUID().uuidString.prefix(8)).sock",
  ])
  func eachStateArrivesAsOneDatagram(address: String) throws {
    let manager = try NotifySocket(address)
    let notifier = SystemdNotifier(environment: ["NOTIFY_SOCKET": address])
    #expect(notifier.ready(status: "2 feeds\n1 model"))
    #expect(manager.receive() == "READY=1\nSTATUS=2 feeds 1 model")
    #expect(notifier.watchdog())
    #expect(manager.receive() == "WATCHDOG=1")
    #expect(notifier.status("812 windows"))
    #expect(manager.receive() == "STATUS=812 windows")
    #expect(notifier.stopping(status: "draining"))
    #expect(manager.receive() == "STOPPING=1\nSTATUS=draining")
    #expect(manager.receive() == nil)
  }

  @Test(arguments: [
    [:], ["NOTIFY_SOCKET": ""], ["NOTIFY_SOCKET": "relative"], ["NOTIFY_SOCKET": "/no/such/socket"],
    ["NOTIFY_SOCKET": "@" + String(repeating: "x", count: 200)],
  ])
  func withoutAServiceManagerNothingHappens(environment: [String: String]) {
    #expect(!SystemdNotifier(environment: environment).ready(status: "up"))
  }

  @Test func aManagerThatDoesNotReadNeverBlocksTheDaemon() throws {
    let manager = try NotifySocket("@sigstreamd-test-\(UUID().uuidString)")
    let notifier = SystemdNotifier(environment: ["NOTIFY_SOCKET": manager.address])
    var sent = 0
    while sent < 100_000, notifier.watchdog() { sent += 1 }
    #expect((1..<100_000).contains(sent))
    #expect(manager.receive() == "WATCHDOG=1")
  }

  @Test func watchdogIsFedTwiceAsOftenAsAsked() {
    let mine = ["WATCHDOG_USEC": "30000000", "WATCHDOG_PID": "7"]
    #expect(SystemdNotifier(environment: mine, processIdentifier: 7).watchdogInterval == .seconds(15))
    #expect(SystemdNotifier(environment: mine, processIdentifier: 8).watchdogInterval == nil)
    #expect(SystemdNotifier(environment: ["WATCHDOG_USEC": "1"]).watchdogInterval == .milliseconds(10))
    #expect(SystemdNotifier(environment: ["WATCHDOG_USEC": "soon"]).watchdogInterval == nil)
    #expect(SystemdNotifier(environment: [:]).watchdogInterval == nil)
  }
}
