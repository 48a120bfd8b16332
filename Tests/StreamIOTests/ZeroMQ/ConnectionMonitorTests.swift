import Foundation
import Testing

@testable import StreamIO

@Suite(.timeLimit(.minutes(1))) struct ConnectionMonitorTests {
  /// The next event, however long it takes.
  func next(_ monitor: borrowing ConnectionMonitor) throws -> ConnectionMonitor.Event {
    while true {
      if let event = try monitor.next() { return event }
      sched_yield()
    }
  }

  @Test func connectionsAreToldAsTheyAreMadeAndLost() throws {
    let context = try ZeroMQContext()
    let puller = try ZeroMQSocket(context, .pull)
    let monitor = try puller.makeMonitor()
    try puller.bind("tcp://127.0.0.1:*")
    var event = try monitor.next()
    #expect(event == nil)
    for _ in 0..<2 {
      let pusher = try ZeroMQSocket(context, .push)
      try pusher.connect(puller.boundEndpoint())
      event = try next(monitor)
      #expect(event == .made)
      pusher.close()
      event = try next(monitor)
      #expect(event == .lost)
    }
    event = try monitor.next()
    #expect(event == nil)
  }

  @Test func aPathWhereSomebodyListensIsNotTakenAway() throws {
    let path = FileManager.default.temporaryDirectory.appending(path: "sigstreamd-\(UUID().uuidString)").path
    let first = try ZeroMQSocket(try ZeroMQContext(), .pull)
    try first.bind("ipc://\(path)")
    let second = try ZeroMQSocket(try ZeroMQContext(), .pull)
    do throws(ZeroMQError) {
      try second.bind("ipc://\(path)")
      Issue.record("bound twice")
    } catch {
      #expect(error.description == "bind ipc://\(path): another program listens there; stop it, or choose another path")
    }
    // A file that a killed program left behind is no reason to refuse.
    try Data().write(to: URL(filePath: path + ".left"))
    try second.bind("ipc://\(path).left")
  }
}
