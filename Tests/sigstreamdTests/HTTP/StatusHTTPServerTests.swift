import Foundation
import Glibc
import Logging
import StatusHTTP
import Testing

@testable import sigstreamd

/// The web server, asked over sockets of the tests' own.
struct StatusHTTPServerTests {
  /// Runs `body` with the port of a server that has the page `/page`.
  private func withServer(
    idleTimeout: Duration = .seconds(60), _ body: @escaping @Sendable (_ port: Int) throws -> Void
  ) async throws {
    let (ports, continuation) = AsyncStream.makeStream(of: Int.self)
    let server = StatusHTTPServer(
      host: "127.0.0.1", port: 0, idleTimeout: idleTimeout,
      logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }, pages: ["/page": { StatusPage("all is well") }],
      onListening: { continuation.yield($0) })
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask { try await server.run() }
      for await port in ports {
        try await onThread("client") { try body(port) }
        break
      }
      await server.stop()
      try await group.waitForAll()
    }
  }

  @Test(.timeLimit(.minutes(5))) func aConnectionThatSaysNothingIsClosed() async throws {
    try await withServer(idleTimeout: .milliseconds(100)) { port in
      for beginning in ["", "GET /page HTTP/1.1\r\nHo"] {
        let answer = try Self.exchange(beginning, port: port)
        #expect(answer == "")
      }
    }
  }

  /// It asks and asks, and takes none of the answers.
  @Test(.timeLimit(.minutes(5))) func aConnectionThatTakesNothingIsClosed() async throws {
    try await withServer(idleTimeout: .milliseconds(200)) { port in
      let descriptor = try Self.connection(port: port)
      defer { close(descriptor) }
      try #require(fcntl(descriptor, F_SETFL, O_NONBLOCK) == 0)
      let requests = String(repeating: "GET /page HTTP/1.1\r\nHost: x\r\n\r\n", count: 1000)
      while send(descriptor, requests, requests.utf8.count, Int32(MSG_NOSIGNAL)) >= 0 || errno == EAGAIN {
        usleep(1000)
      }
      #expect(errno == ECONNRESET || errno == EPIPE)
    }
  }

  @Test(.timeLimit(.minutes(5))) func pagesAreReadAndNothingElse() async throws {
    try await withServer { port in
      func answer(_ request: String) throws -> String {
        try Self.exchange("\(request) HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", port: port).lowercased()
      }
      let page = try answer("GET /page")
      #expect(page.hasPrefix("http/1.1 200 ok\r\n") && page.hasSuffix("\r\n\r\nall is well"))
      let head = try answer("HEAD /page")
      #expect(head.hasPrefix("http/1.1 200 ok\r\n") && head.contains("content-length: 11\r\n"))
      #expect(head.hasSuffix("\r\n\r\n"))
      let post = try answer("POST /page")
      #expect(post.hasPrefix("http/1.1 405 ") && post.contains("allow: get, head\r\n"))
      #expect(try answer("GET /other").hasPrefix("http/1.1 404 "))
    }
  }

  @Test(.timeLimit(.minutes(5))) func aChildThatOutlivesTheDaemonDoesNotHoldThePort() async throws {
    try await withServer { port in
      let listeners = (3..<1024).filter { Self.localPort(of: $0) == port }
      #expect(!listeners.isEmpty)
      for descriptor in listeners { #expect(fcntl(descriptor, F_GETFD) & FD_CLOEXEC != 0) }
    }
  }

  /// Sends `text` and receives until the server closes the connection.
  private static func exchange(_ text: String, port: Int) throws -> String {
    let descriptor = try connection(port: port)
    defer { close(descriptor) }
    try #require(send(descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL)) == text.utf8.count)
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 4096)
    while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { received += buffer[..<count] }
    return String(decoding: received, as: UTF8.self)
  }

  private static func connection(port: Int) throws -> Int32 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    try #require(result == 0)
    return descriptor
  }

  /// The port that `descriptor` listens at; nil where it is no such socket.
  private static func localPort(of descriptor: Int32) -> Int? {
    var isListening: Int32 = 0
    var size = socklen_t(MemoryLayout<Int32>.size)
    let code = getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &isListening, &size)
    guard code == 0, isListening != 0 else { return nil }
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
    }
    return result == 0 && address.sin_family == AF_INET ? Int(UInt16(bigEndian: address.sin_port)) : nil
  }
}
