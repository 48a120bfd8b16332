import ArgumentParser
import StreamIO
import Testing

@testable import sigstreamd

struct SecurityConfigurationTests {
  private static let key = "\"rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7\""
  private static let security = "security: { secretKey: k }"

  private func error(endpoint: String = "tcp://127.0.0.1:5555", feed: String = "", _ more: String...) -> String? {
    let text = """
      model: ecg.safetensors
      feeds:
        - { name: ecg, endpoint: "\(endpoint)", sampleRate: 360, window: { length: 1024 }\(feed) }
      """
    return ConfigurationSample.error(([text] + more).joined(separator: "\n"))?.description
  }

  @Test(arguments: [
    "tcp://*:5555", "tcp://0.0.0.0:5555", "tcp://192.168.1.7:5555", "tcp://[::]:5555", "tcp://eth0:5555",
  ])
  func aPlaintextSocketIsNotOpenedToTheNetworkUnasked(endpoint: String) {
    let refusal = error(endpoint: endpoint, feed: ", mode: bind")
    #expect(refusal?.hasPrefix("sigstreamd.yaml:3: feeds[0].endpoint: \(endpoint) would be open to everyone") == true)
    #expect(error(endpoint: endpoint, feed: ", mode: bind", "allowPlaintext: true") == nil)
    #expect(error(endpoint: endpoint, feed: ", mode: bind", Self.security) == nil)
    let output = error("output: { endpoint: \"\(endpoint.replacing("5555", with: "5557"))\" }")
    #expect(output?.contains("would be open to everyone") == true)
  }

  @Test(arguments: [
    "tcp://127.0.0.1:5555", "tcp://127.1.2.3:5555", "tcp://[::1]:5555", "tcp://lo:5555", "ipc:///run/x",
  ])
  func onThisMachineItIs(endpoint: String) {
    #expect(error(endpoint: endpoint, feed: ", mode: bind") == nil)
  }

  @Test func connectingAcrossTheNetworkNeedsNoPermission() {
    #expect(error(endpoint: "tcp://192.168.1.7:5555") == nil)
  }

  @Test func aServersKeyNeedsOneOfOnesOwn() {
    #expect(error(feed: ", serverKey: \(Self.key)", Self.security) == nil)
    #expect(error(feed: ", serverKey: \(Self.key)")?.contains("needs one of its own: write 'security:") == true)
    #expect(
      error(feed: ", mode: bind, serverKey: \(Self.key)", Self.security)?.contains(
        "serverKey is of a peer that the socket connects to") == true)
    #expect(error(feed: ", serverKey: abc", Self.security)?.contains("'abc' is no public key") == true)
    #expect(error("security: { allowedClients: c }")?.contains("security") == true)
  }

  @Test func theReportTellsWhoMayConnect() throws {
    var configuration = try ConfigurationSample.parse(ConfigurationTests.minimal)
    #expect(configuration.securityText(clients: nil) == "security: plaintext")
    configuration.security = SecurityConfiguration(secretKeyPath: "k")
    #expect(configuration.securityText(clients: nil) == "security: CURVE, any client that knows the public key")
    #expect(configuration.securityText(clients: 1) == "security: CURVE, 1 allowed client")
  }

  @Test func replayDoesNotOpenAPortToTheNetworkUnasked() throws {
    expectFailure("tcp://*:5555 would be open to everyone on the network") {
      try Replay.parse(["x", "--endpoint", "tcp://*:5555", "--bind"]).run()
    }
    expectFailure("--server-key needs --key too") { _ = try CurveOptions.parse(["--server-key", "x"]) }
  }
}
