import CZeroMQ
import Foundation
import Glibc
import Synchronization
import Testing

@testable import StreamIO

@Suite(.timeLimit(.minutes(5))) struct ZeroMQSocketTests {
  /// All frames of the next message; nil after the socket's timeout.
  static func receive(_ socket: borrowing ZeroMQSocket) throws(ZeroMQError) -> [[UInt8]]? {
    var message = ZeroMQMessage()
    guard try socket.receive(into: &message) else { return nil }
    var frames: [[UInt8]] = []
    for index in 0..<min(message.count, ZeroMQMessage.maximumFrames) {
      frames.append(message.withFrame(index) { $0.withUnsafeBytes(Array.init) })
    }
    return frames
  }

  static func data(_ texts: String...) -> [Data] {
    texts.map { Data($0.utf8) }
  }

  @Test(arguments: ["inproc://pair", "tcp://127.0.0.1:0"])
  func carriesWholeMultipartMessages(endpoint: String) throws {
    let context = try ZeroMQContext()
    let pull = try ZeroMQSocket(context, .pull)
    let push = try ZeroMQSocket(context, .push)
    try pull.bind(endpoint)
    try push.connect(pull.boundEndpoint())
    let large = Data((0..<300_000).map { UInt8(truncatingIfNeeded: $0) })
    #expect(try push.send([Data("topic".utf8), Data(), large]))
    #expect(try push.send(Self.data("b")))
    #expect(try Self.receive(pull) == [Array("topic".utf8), [], Array(large)])
    #expect(try Self.receive(pull) == [Array("b".utf8)])
  }

  @Test func carriesMessagesOverIPv6() throws {
    let context = try ZeroMQContext()
    let pull = try ZeroMQSocket(context, .pull)
    let push = try ZeroMQSocket(context, .push)
    do throws(ZeroMQError) {
      try pull.bind("tcp://[::1]:*")
    } catch {
      // A machine without IPv6 has no such address; to take it for the name of an interface would be ENODEV.
      #expect([EADDRNOTAVAIL, EAFNOSUPPORT].contains(error.code), "\(error)")
      return
    }
    try push.connect(pull.boundEndpoint())
    #expect(try push.send(Self.data("b")))
    #expect(try Self.receive(pull) == [Array("b".utf8)])
  }

  /// A monitored socket takes three, and libzmq by itself has 1023: too few for a hospital's beds with a feed each.
  @Test func aContextHasRoomForThousandsOfSockets() throws {
    let context = try ZeroMQContext()
    #expect(zmq_ctx_get(context.handle, ZMQ_MAX_SOCKETS) > 10_000)
  }

  @Test func subscribesByPrefix() throws {
    let context = try ZeroMQContext()
    let publisher = try ZeroMQSocket(context, .publish)
    let subscriber = try ZeroMQSocket(context, .subscribe)
    try publisher.bind("inproc://results")
    try subscriber.subscribe(prefix: "label/ecg/bed-1/")
    try subscriber.connect("inproc://results")
    try subscriber.setReceiveTimeout(milliseconds: 20)
    // A subscription takes effect when the publisher has seen it: send until it arrives.
    var received: [[UInt8]]?
    while received == nil {
      _ = try publisher.send(Self.data("label/ecg/bed-10/", "no"))
      _ = try publisher.send(Self.data("label/ecg/bed-1/", "yes"))
      received = try Self.receive(subscriber)
    }
    #expect(received == [Array("label/ecg/bed-1/".utf8), Array("yes".utf8)])
  }

  @Test func aReceiveTimeoutIsNoError() throws {
    let context = try ZeroMQContext()
    let pull = try ZeroMQSocket(context, .pull)
    try pull.bind("inproc://quiet")
    try pull.setReceiveTimeout(milliseconds: 1)
    #expect(try Self.receive(pull) == nil)
  }

  @Test func aSendWithoutRoomIsNoError() throws {
    let context = try ZeroMQContext()
    let push = try ZeroMQSocket(context, .push)
    try push.setHighWaterMark(1)
    try push.setSendTimeout(milliseconds: 1)
    try push.bind("inproc://full")
    #expect(try push.send(Self.data("a", "b")) == false)
  }

  @Test func framesBeyondTheLimitAreCountedAndLetGo() throws {
    let context = try ZeroMQContext()
    let pull = try ZeroMQSocket(context, .pull)
    let push = try ZeroMQSocket(context, .push)
    try pull.bind("inproc://many")
    try push.connect("inproc://many")
    #expect(try push.send([Data](repeating: Data("x".utf8), count: 100)))
    #expect(try push.send(Self.data("next")))
    var message = ZeroMQMessage()
    #expect(try pull.receive(into: &message))
    #expect(message.count == 100)
    #expect(message.byteCount == 100)
    #expect(throws: WireError.frames(expected: "[topic,] header, payload: 2 or 3 frames", got: 100)) {
      try ArrayFormat(maximumMessageBytes: 1000).decode(message)
    }
    #expect(try Self.receive(pull) == [Array("next".utf8)])
  }

  @Test func decodesWithoutCopyingTheMessage() throws {
    let context = try ZeroMQContext()
    let pull = try ZeroMQSocket(context, .pull)
    let push = try ZeroMQSocket(context, .push)
    try pull.bind("inproc://samples")
    try push.connect("inproc://samples")
    let samples = (0..<10_000).map(Float.init)
    #expect(try push.send(ArrayMessage(source: "a", start: 0, channels: 2, samples: samples).encode()))
    var message = ZeroMQMessage()
    #expect(try pull.receive(into: &message))
    #expect(try ArrayFormat(maximumMessageBytes: 1 << 20).decode(message).samples == samples)
  }

  @Test func shutdownWakesABlockedReceive() throws {
    let context = try ZeroMQContext()
    let (ready, ended) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
    let failure = Mutex<ZeroMQError?>(nil)
    let thread = Thread {
      do throws(ZeroMQError) {
        let pull = try ZeroMQSocket(context, .pull)
        try pull.bind("inproc://blocked")
        ready.signal()
        _ = try Self.receive(pull)
      } catch {
        failure.withLock { $0 = error }
      }
      ended.signal()
    }
    thread.start()
    ready.wait()
    context.shutdown()
    ended.wait()
    #expect(failure.withLock { $0?.isTerminated } == true)
    context.shutdown()
    context.close()
    context.shutdown()
    context.close()
  }

  @Test func aSocketOfAShutDownContextIsRefused() throws {
    let context = try ZeroMQContext()
    context.shutdown()
    do throws(ZeroMQError) {
      _ = try ZeroMQSocket(context, .pull)
      Issue.record("a socket was made")
    } catch {
      #expect(error.isTerminated)
    }
  }

  @Test func saysThatAnAddressIsInUse() throws {
    let context = try ZeroMQContext()
    let first = try ZeroMQSocket(context, .publish)
    try first.bind("tcp://127.0.0.1:0")
    let endpoint = try first.boundEndpoint()
    let second = try ZeroMQSocket(context, .publish)
    do throws(ZeroMQError) {
      try second.bind(endpoint)
      Issue.record("bound twice")
    } catch {
      #expect(
        error.description == "bind \(endpoint): the address is in use by another socket; "
          + "stop the program that has it, or choose another port")
    }
  }

  @Test(arguments: [
    ("nonsense", "not an endpoint"), ("", "not an endpoint"), ("gopher://x:1", "the transport 'gopher' is not known"),
    ("tcp://203.0.113.7:5555", "no such address"), ("tcp://nosuchdevice0:5555", "no such network interface"),
    ("ipc:///no/such/folder/socket", "no such folder"), ("tcp://127.0.0.1:99999", "no port 99999"),
  ])
  func saysWhatIsWrongWithAnEndpoint(endpoint: String, problem: String) throws {
    let context = try ZeroMQContext()
    let socket = try ZeroMQSocket(context, .publish)
    do throws(ZeroMQError) {
      try socket.bind(endpoint)
      Issue.record("bound")
    } catch {
      #expect(error.description.contains(problem), "\(error)")
      #expect(error.description.hasPrefix("bind \(endpoint): "))
    }
  }

  @Test func aFrameBeyondTheLimitCostsTheConnectionNotTheReceiver() throws {
    let context = try ZeroMQContext()
    let pull = try ZeroMQSocket(context, .pull)
    try pull.setMaximumMessageBytes(1000)
    try pull.bind("tcp://127.0.0.1:0")
    let push = try ZeroMQSocket(context, .push)
    try push.connect(pull.boundEndpoint())
    #expect(try push.send([Data(count: 1000)]))
    #expect(try Self.receive(pull)?.first?.count == 1000)
    #expect(try push.send([Data(count: 1001)]))
    let other = try ZeroMQSocket(context, .push)
    try other.connect(pull.boundEndpoint())
    #expect(try other.send(Self.data("fine")))
    #expect(try Self.receive(pull) == [Array("fine".utf8)])
    try push.setLinger(milliseconds: 0)
  }
}
