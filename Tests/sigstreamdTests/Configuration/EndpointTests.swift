import Testing

@testable import sigstreamd

struct EndpointTests {
  @Test(arguments: [
    ("tcp://127.0.0.1:5555", ConnectionMode.connect), ("tcp://bed-3.ward.example:1", .connect),
    ("tcp://[::1]:65535", .connect), ("tcp://*:5555", .bind), ("tcp://eth0:0", .bind), ("tcp://127.0.0.1:*", .bind),
    ("tcp://localhost:5555", .connect), ("tcp://a-name-of-an-interface.or-host:5555", .connect),
    ("ipc:///run/feed.sock", .connect), ("ipc://@feed", .connect), ("ipc://*", .bind),
  ])
  func addressThatProcessesCanMeetAtIsTaken(text: String, mode: ConnectionMode) throws {
    #expect(try Endpoint(text, mode: mode).text == text)
  }

  @Test(arguments: [
    ("tcp://127.0.0.1", ConnectionMode.connect, "'tcp://127.0.0.1:5555'"),
    ("tcp://:5555", .bind, "'tcp://127.0.0.1:5555'"),
    ("tcp://host:70000", .connect, "from 1 to 65535"), ("tcp://host:port", .connect, "no host and port"),
    ("tcp://*:5555", .connect, "names no peer"), ("tcp://host:0", .connect, "names no peer"),
    ("tcp://host:*", .connect, "names no peer"), ("tcp://a b:1", .connect, "no host and port"),
    ("inproc://feed", .bind, "only inside one process"), ("udp://127.0.0.1:5", .bind, "is not an endpoint"),
    ("127.0.0.1:5555", .connect, "is not an endpoint"), ("", .connect, "is not an endpoint"),
    ("ipc://run/feed", .connect, "three slashes"), ("ipc://", .bind, "three slashes"),
    ("ipc://*", .connect, "names no peer"), ("tcp://localhost:5555", .bind, "write 127.0.0.1"),
    ("tcp://127.999.0.1:5555", .bind, "write 127.0.0.1"), ("tcp://bed-3.ward.example:5555", .bind, "write 127.0.0.1"),
    ("ipc:///" + String(repeating: "x", count: 107), .bind, "108 bytes"),
  ])
  func anythingElseIsRefusedWithWhatToWrite(text: String, mode: ConnectionMode, part: String) throws {
    let error = #expect(throws: EndpointError.self) { try Endpoint(text, mode: mode) }
    #expect(try #require(error).message.contains(part))
  }

  @Test(arguments: [
    ("tcp://127.0.0.1:5555", "tcp://127.0.0.1:5555", true), ("tcp://127.0.0.1:5555", "tcp://127.0.0.1:05555", true),
    ("tcp://*:5555", "tcp://127.0.0.1:5555", true), ("tcp://[::1]:5555", "tcp://0.0.0.0:5555", true),
    ("tcp://127.0.0.1:5555", "tcp://127.0.0.2:5555", false), ("tcp://*:5555", "tcp://*:5556", false),
    ("tcp://*:0", "tcp://*:0", false), ("ipc:///run/x", "ipc:///run/x", true), ("ipc:///run/x", "ipc:///run/y", false),
    ("ipc:///run/x", "tcp://*:5555", false), ("ipc://*", "ipc://*", false),
  ])
  func oneAddressIsForOneSocket(first: String, second: String, excludes: Bool) throws {
    let endpoints = try [first, second].map { try Endpoint($0, mode: .bind) }
    #expect(endpoints[0].excludes(endpoints[1]) == excludes && endpoints[1].excludes(endpoints[0]) == excludes)
  }
}
