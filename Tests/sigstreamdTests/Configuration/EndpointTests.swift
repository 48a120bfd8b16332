import Testing

@testable import sigstreamd

struct EndpointTests {
  @Test(arguments: [
    ("tcp://127.0.0.1:5555", ConnectionMode.connect), ("tcp://bed-3.ward.example:1", .connect),
    ("tcp://[::1]:65535", .connect), ("tcp://*:5555", .bind), ("tcp://eth0:0", .bind), ("tcp://127.0.0.1:*", .bind),
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
    ("ipc://*", .connect, "names no peer"),
    ("ipc:///" + String(repeating: "x", count: 107), .bind, "108 bytes"),
  ])
  func anythingElseIsRefusedWithWhatToWrite(text: String, mode: ConnectionMode, part: String) throws {
    let error = #expect(throws: EndpointError.self) { try Endpoint(text, mode: mode) }
    #expect(try #require(error).message.contains(part))
  }
}
