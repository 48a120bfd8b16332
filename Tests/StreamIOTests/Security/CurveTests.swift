import Foundation
import Synchronization
import Testing

@testable import StreamIO

@Suite(.timeLimit(.minutes(5))) struct CurveTests {
  // The pairs of libzmq's manual, zmq_curve(7).
  private static let server = (
    publicKey: "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7", secret: "JTKVSB%%)wK0E.X)V>+}o?pNmC{O&4W4b!Ni{Lh6"
  )
  private static let client = (
    publicKey: "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID", secret: "D:)Q[IlAW!ahhC2ac:9*A}h:p?([4%wOTJ%JR%cs"
  )

  private static func pair(_ secret: String) throws -> CurveKeyPair {
    try CurveKeyPair(secret: #require(CurveKey(z85: secret)))
  }

  @Test func thePublicKeyIsThatOfTheSecretOne() throws {
    for (publicKey, secret) in [Self.server, Self.client] {
      let pair = try Self.pair(secret)
      #expect(pair.publicKey.z85 == publicKey && pair.secret.z85 == secret)
    }
    let (a, b) = try (CurveKeyPair.generate(), CurveKeyPair.generate())
    #expect(a != b)
    #expect(try Self.pair(a.secret.z85) == a)
  }

  @Test func theSecretIsNotAmongWhatIsPrinted() throws {
    let pair = try Self.pair(Self.server.secret)
    var dumped = ""
    dump((pair, Optional(pair)), to: &dumped)
    for text in ["\(pair)", String(reflecting: [pair]), "\((name: 1, keys: Optional(pair)))", dumped] {
      #expect(text.contains(Self.server.publicKey))
      #expect(!text.contains(Self.server.secret) && !text.contains("\(pair.secret.bytes)") && !text.contains("secret"))
    }
  }

  @Test(arguments: [
    "", "short", String(repeating: "~", count: 40), client.secret + "0", String(repeating: "é", count: 20),
    "aaaaa" + String(repeating: "\0", count: 35),
  ])
  func whatIsNoKeyIsNone(text: String) {
    #expect(CurveKey(z85: text) == nil)
  }

  /// A PULL that is a CURVE server, with what its monitor tells.
  private final class Server {
    let context: ZeroMQContext
    let socket: ZeroMQSocket
    let monitor: ConnectionMonitor
    private var message = ZeroMQMessage()

    init() throws {
      let context = try ZeroMQContext()
      let socket = try ZeroMQSocket(context, .pull)
      try socket.serve(as: CurveTests.pair(CurveTests.server.secret), domain: "here")
      let monitor = try socket.makeMonitor()
      self.context = context
      self.socket = socket
      self.monitor = monitor
    }

    deinit { socket.endMonitor() }

    func event() throws -> ConnectionMonitor.Event {
      while true {
        if let event = try monitor.next() { return event }
        sched_yield()
      }
    }

    func text() throws -> String {
      guard try socket.receive(into: &message) else { return "nothing" }
      return message.withFrame(0) { $0.withUnsafeBytes { String(decoding: $0, as: UTF8.self) } }
    }
  }

  private func push(_ context: ZeroMQContext) throws -> ZeroMQSocket {
    let socket = try ZeroMQSocket(context, .push)
    try socket.setLinger(milliseconds: 0)
    return socket
  }

  @Test func aClientThatTrustsTheServerIsHeardAndOthersAreRefused() throws {
    let server = try Server()
    try server.socket.bind("tcp://127.0.0.1:*")
    let endpoint = try server.socket.boundEndpoint()
    let plain = try push(server.context)
    try plain.connect(endpoint)
    #expect(try server.event() == .refused)
    plain.close()
    let wrong = try push(server.context)
    // The key of another server: not even the handshake can be read.
    try wrong.trust(#require(CurveKey(z85: Self.client.publicKey)), as: Self.pair(Self.client.secret))
    try wrong.connect(endpoint)
    while try server.event() != .refused {}
    wrong.close()
    let right = try push(server.context)
    try right.trust(#require(CurveKey(z85: Self.server.publicKey)), as: Self.pair(Self.client.secret))
    try right.connect(endpoint)
    #expect(try right.send([Data("secret".utf8)]))
    #expect(try server.text() == "secret")
  }

  /// The guard is asked with the client's key and the socket's domain, and its answer holds.
  @Test func theGuardDecides() throws {
    let server = try Server()
    let context = server.context
    let asked = Requests()
    let isReady = DispatchSemaphore(value: 0)
    let thread = Thread {
      do {
        var connections = try ConnectionGuard(of: context)
        isReady.signal()
        try connections.run { request in
          asked.add(request)
          return request.key.z85 == CurveTests.client.publicKey
        }
      } catch {
        Issue.record(error)
      }
      isReady.signal()
    }
    thread.start()
    isReady.wait()
    try server.socket.bind("tcp://127.0.0.1:*")
    let stranger = try push(context)
    try stranger.trust(#require(CurveKey(z85: Self.server.publicKey)), as: .generate())
    try stranger.connect(server.socket.boundEndpoint())
    while try server.event() != .refused {}
    stranger.close()
    let friend = try push(context)
    try friend.trust(#require(CurveKey(z85: Self.server.publicKey)), as: Self.pair(Self.client.secret))
    try friend.connect(server.socket.boundEndpoint())
    #expect(try friend.send([Data("hello".utf8)]))
    #expect(try server.text() == "hello")
    let requests = asked.all
    #expect(requests.last?.key.z85 == Self.client.publicKey && requests.count >= 2)
    #expect(requests.allSatisfy { $0.domain == "here" && $0.address == "127.0.0.1" })
    context.shutdown()
    isReady.wait()
  }

  private final class Requests: Sendable {
    private let state = Mutex<[ConnectionRequest]>([])
    func add(_ request: ConnectionRequest) { state.withLock { $0.append(request) } }
    var all: [ConnectionRequest] { state.withLock { $0 } }
  }
}
