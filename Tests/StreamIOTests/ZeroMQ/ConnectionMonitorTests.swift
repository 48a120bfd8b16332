import Foundation
import Testing

@testable import StreamIO

@Suite(.timeLimit(.minutes(5))) struct ConnectionMonitorTests {
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
    defer { puller.endMonitor() }
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

  /// libzmq's one thread that receives would otherwise wait for the monitor, and the socket with it.
  @Test func aMonitorThatNobodyAsksHoldsNothingUp() throws {
    let context = try ZeroMQContext()
    let puller = try ZeroMQSocket(context, .pull)
    let monitor = try puller.makeMonitor()
    defer { puller.endMonitor() }
    try puller.bind("tcp://127.0.0.1:*")
    var message = ZeroMQMessage()
    // Two events each, and two thousand are what libzmq keeps unless it is told otherwise.
    for _ in 0..<1100 {
      let pusher = try ZeroMQSocket(context, .push)
      try pusher.connect(puller.boundEndpoint())
      #expect(try pusher.send([Data("x".utf8)]))
      #expect(try puller.receive(into: &message))
      pusher.close()
    }
    var made = 0
    while let event = try monitor.next() { made += event == .made ? 1 : 0 }
    #expect(made == 1100)
  }

  @Test func oneThatHasEndedIsToldNothing() throws {
    let context = try ZeroMQContext()
    let puller = try ZeroMQSocket(context, .pull)
    let monitor = try puller.makeMonitor()
    try puller.bind("tcp://127.0.0.1:*")
    puller.endMonitor()
    let pusher = try ZeroMQSocket(context, .push)
    try pusher.connect(puller.boundEndpoint())
    #expect(try pusher.send([Data("x".utf8)]))
    var message = ZeroMQMessage()
    #expect(try puller.receive(into: &message))
    let event = try monitor.next()
    #expect(event == nil)
  }
}
